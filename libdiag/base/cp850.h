#pragma once

#include <string>

#include "libdiag/base/bytes.h"

namespace diag {

/// Text of a Western console (code page 850) as UTF-8.
std::string utf8_from_cp850(Bytes text);

/// Whether it is text of that code page rather than of 1252: within a word it has a byte that is a letter only in the former.
bool looks_like_cp850(Bytes text);

}  // namespace diag
