#pragma once

#include <cstdint>

#include "libdiag/base/time.h"

namespace diag::capture {

/// The moment of a pcapng time stamp. `resolution` is if_tsresol: units of 10^-n seconds, or 2^-n when the top bit is
/// set; `offset_seconds` is if_tsoffset. What is finer than a nanosecond is cut off; what Timestamp cannot hold becomes
/// its largest or smallest value.
Timestamp pcapng_time(std::uint64_t ticks, std::uint8_t resolution, std::int64_t offset_seconds);

/// How many digits of a second such time stamps carry: at most 9.
std::uint8_t pcapng_fraction_digits(std::uint8_t resolution);

}  // namespace diag::capture
