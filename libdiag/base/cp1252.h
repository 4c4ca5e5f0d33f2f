#pragma once

#include <string>

#include "libdiag/base/bytes.h"

namespace diag {

/// Text of Western Windows (code page 1252) as UTF-8; the five bytes that it does not define become U+FFFD.
std::string utf8_from_cp1252(Bytes text);

}  // namespace diag
