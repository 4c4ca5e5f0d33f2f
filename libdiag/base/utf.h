#pragma once

#include <string>
#include <string_view>

#include "libdiag/base/bytes.h"

namespace diag {

struct Utf8Character {
    char32_t value;    ///< the byte itself when it is not valid
    std::size_t size;  ///< bytes used
    bool valid;
};
/// The first character of `text`, which is not empty. Overlong forms, surrogates and values past U+10FFFF are invalid
/// (RFC 3629), one byte each.
Utf8Character next_utf8(std::string_view text);

/// UTF-16LE code units up to the first NUL, or all of them, as UTF-8. A lone surrogate becomes U+FFFD; an odd last
/// byte is left out.
std::string utf8_from_utf16le(Bytes units);

/// UTF-8 as UTF-16LE without a terminator. Bytes that are not UTF-8 become U+FFFD.
ByteVector utf16le_from_utf8(std::string_view text);

/// What editors of Windows put in front of UTF-8.
inline constexpr std::string_view utf8_byte_order_mark = "\xEF\xBB\xBF";

/// What becomes of a backslash: `kept` is for text whose backslashes are escapes already, as those of DNS names.
enum class Backslash : std::uint8_t { doubled, kept };

/// Text from a peer made harmless for a terminal or a log: control characters, DEL, C1 controls, bidirectional
/// overrides and bytes that are not UTF-8 are written as \xNN or \u{NNNN}.
std::string escape_for_terminal(std::string_view text, Backslash backslash = Backslash::doubled);

/// The same of text around DNS names in presentation form, which stay as dig writes them.
std::string printable_names(std::string_view text);

}  // namespace diag
