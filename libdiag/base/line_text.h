#pragma once

#include <string>
#include <string_view>

namespace diag {

// Small operations on lines of text. Case counts for ASCII letters only; other characters are compared as they are.

bool starts_with_word(std::string_view text, std::string_view start);
bool equals_word(std::string_view a, std::string_view b);
bool contains_word(std::string_view text, std::string_view part);

/// Without blanks at both ends.
std::string_view trimmed(std::string_view text);

/// Blanks (also tabs, NULs, no-break and ideographic spaces, byte order marks) as one blank, none at the ends and none
/// before a colon; a full-width colon as a colon and a blank.
std::string tidied(std::string_view text);

}  // namespace diag
