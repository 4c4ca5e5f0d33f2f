#pragma once

#include <optional>
#include <string>

#include "libdiag/base/bytes.h"

namespace diag {

/// Text of a Japanese console (code page 932, Shift-JIS) as UTF-8: kana, full-width letters and the few kanji that labels of
/// Windows programs are made of; any other character becomes U+FFFD. nullopt where the bytes cannot be of that code page.
std::optional<std::string> utf8_from_cp932(Bytes text);

}  // namespace diag
