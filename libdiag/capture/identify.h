#pragma once

#include <string>

#include "libdiag/base/bytes.h"

namespace diag::capture {

/// Of how many first bytes describe_non_capture() makes use.
inline constexpr std::size_t identify_size = 512;

/// What a file that is no capture seems to be, from its first bytes, and what to do with it: "a ZIP archive: unpack it
/// first". Unknown bytes are shown in hex. `head` is not empty.
std::string describe_non_capture(Bytes head);

}  // namespace diag::capture
