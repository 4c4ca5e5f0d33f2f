#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace diag {

/// A moment in UTC as nanoseconds since 1970; what a capture file or a clock gives.
struct Timestamp {
    std::int64_t ns = 0;
    friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

/// A Windows FILETIME: 100 ns units since 1601-01-01 UTC, as it stands on the wire.
struct Filetime {
    std::uint64_t ticks = 0;
    friend auto operator<=>(const Filetime&, const Filetime&) = default;
};

/// RFC 3339 in UTC, "2026-11-23T20:09:15.123456Z", with `fraction_digits` (0 to 9) digits behind the second.
std::string format_rfc3339(Timestamp time, unsigned fraction_digits);

/// RFC 3339 in UTC: whole seconds without a fraction, otherwise as many of the seven digits as carry something.
/// Any 64-bit value prints; years past 9999 are written with the digits that they need.
std::string format_rfc3339(Filetime time);

/// The FILETIME of a moment; moments before 1601 give 0.
Filetime to_filetime(Timestamp time);

/// The moment of a FILETIME, clamped to what nanoseconds in 64 bits can say (years 1678 to 2262).
Timestamp to_timestamp(Filetime time);

}  // namespace diag
