#pragma once

#include <optional>
#include <string_view>

#include "libdiag/slmgr/dlv.h"

namespace diag::slmgr {

// The few words that stand alone in their place, in English, German and Japanese. Where a form, a code or the place of a line
// tells the same, that counts; a word of another language leaves the fact unknown. Many rows are the stem of a word only, so
// that wordings of different versions fit.

/// The value behind "License Status:": begins with one of the words.
std::optional<LicenseStatus> status_of_words(std::string_view value);

/// "---LICENSED---", as ospp.vbs prints it.
std::optional<LicenseStatus> status_of_mark(std::string_view value);

/// The sentence that slmgr /xpr prints: has one of the words in it.
std::optional<LicenseStatus> status_of_sentence(std::string_view sentence);

/// A sentence that says whether something is on: "KMS host caching is enabled".
std::optional<bool> enabled_of_words(std::string_view sentence);

std::optional<Priority> priority_of_words(std::string_view value);
std::optional<ActivationType> type_of_words(std::string_view value);

/// What stands in front of the text of an error: "Error:"; the rest of the text, nullopt where there is none.
std::optional<std::string_view> behind_error_label(std::string_view text);

/// Behind that label: there is no product, or no product key.
bool says_not_found(std::string_view rest);

}  // namespace diag::slmgr
