#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libdiag/base/bytes.h"

namespace diag {

/// The text of a file as UTF-8: UTF-16 of either order is recognised by its byte order mark, or without one by the NULs
/// that it puts beside Latin letters; anything else stays as it is. NULs become blanks.
std::string text_of(Bytes file);

/// text_of(), and the code page of a Japanese console (base/cp932.h) for bytes that are no UTF-8 but can be of that one.
std::string console_text_of(Bytes file);

/// console_text_of(), and for bytes that are neither UTF-8 nor text with Japanese kana the code pages of Western Windows: 850
/// (base/cp850.h, consoles) where words have letters of it, or 1252 (base/cp1252.h).
std::string any_text_of(Bytes file);

/// The next line of `text` without its end (LF, CR LF or CR), taken off the front.
std::string_view take_line(std::string_view& text);

}  // namespace diag
