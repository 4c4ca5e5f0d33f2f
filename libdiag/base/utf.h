#pragma once

#include <string>
#include <string_view>

#include "libdiag/base/bytes.h"

namespace diag {

/// UTF-16LE code units up to the first NUL, or all of them, as UTF-8. A lone surrogate becomes U+FFFD; an odd last
/// byte is left out.
std::string utf8_from_utf16le(Bytes units);

/// UTF-8 as UTF-16LE without a terminator. Bytes that are not UTF-8 become U+FFFD.
ByteVector utf16le_from_utf8(std::string_view text);

/// Text from a peer made harmless for a terminal or a log: control characters, DEL, C1 controls, bidirectional
/// overrides and bytes that are not UTF-8 are written as \xNN or \u{NNNN}; a backslash is doubled.
std::string escape_for_terminal(std::string_view text);

}  // namespace diag
