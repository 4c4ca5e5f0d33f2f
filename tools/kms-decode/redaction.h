#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "libdiag/decode/selection.h"
#include "libdiag/redact/pseudonyms.h"

namespace diag::tool {

/// The pseudonyms of a run: those that follow from this file, or without one from a key that nobody keeps. The error is one line.
std::expected<std::unique_ptr<redact::Pseudonyms>, std::string> make_pseudonyms(
    const std::optional<std::string>& key_file);

/// What a user selects by true addresses and ids, as it is called in a redacted capture.
decode::Selection redacted(decode::Selection selection, const redact::Pseudonyms& pseudonyms);

}  // namespace diag::tool
