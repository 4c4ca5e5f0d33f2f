#include "libdiag/capture/pcapng_time.h"

#include <algorithm>
#include <array>
#include <limits>

namespace diag::capture {
namespace {

constexpr std::uint8_t binary_flag = 0x80;
constexpr std::uint64_t ns_per_second = 1'000'000'000;
constexpr std::int64_t last_second =
    std::numeric_limits<std::int64_t>::max() / static_cast<std::int64_t>(ns_per_second) - 1;

constexpr std::array<std::uint64_t, 20> powers_of_ten = [] {  // 10^19 is the last one below 2^64
    std::array<std::uint64_t, 20> out{1};
    for (std::size_t i = 1; i < out.size(); ++i) out[i] = out[i - 1] * 10;
    return out;
}();

struct Split {
    std::uint64_t seconds, ns;
};

Split split_decimal(std::uint64_t ticks, unsigned digits) {
    if (digits >= powers_of_ten.size()) {  // all 64 bits together are less than a second
        const unsigned dropped = digits - 9;
        return {0, dropped < powers_of_ten.size() ? ticks / powers_of_ten[dropped] : 0};
    }
    const std::uint64_t per_second = powers_of_ten[digits];
    const std::uint64_t rest = ticks % per_second;
    return {ticks / per_second, digits <= 9 ? rest * powers_of_ten[9 - digits] : rest / powers_of_ten[digits - 9]};
}

Split split_binary(std::uint64_t ticks, unsigned bits) {
    if (bits == 0) return {ticks, 0};
    constexpr unsigned most_bits = 34;  // 2^34 * 10^9 still fits into 64 bits
    const std::uint64_t seconds = bits < 64 ? ticks >> bits : 0;
    std::uint64_t rest = bits < 64 ? ticks & ((std::uint64_t{1} << bits) - 1) : ticks;
    if (bits > most_bits) {
        const unsigned dropped = bits - most_bits;
        rest = dropped < 64 ? rest >> dropped : 0;
        bits = most_bits;
    }
    return {seconds, rest * ns_per_second >> bits};
}

}  // namespace

Timestamp pcapng_time(std::uint64_t ticks, std::uint8_t resolution, std::int64_t offset_seconds) {
    const unsigned exponent = resolution & 0x7FU;
    const Split split = resolution & binary_flag ? split_binary(ticks, exponent) : split_decimal(ticks, exponent);
    // Both are held to what a Timestamp can say before they are added, so the sum stays far from overflow.
    const auto seconds = static_cast<std::int64_t>(std::min(split.seconds, static_cast<std::uint64_t>(last_second)));
    const std::int64_t sum = seconds + std::clamp(offset_seconds, -last_second, last_second);
    const std::int64_t second = std::clamp(sum, -last_second, last_second);
    return {second * static_cast<std::int64_t>(ns_per_second) + static_cast<std::int64_t>(split.ns)};
}

std::uint8_t pcapng_fraction_digits(std::uint8_t resolution) {
    const unsigned exponent = resolution & 0x7FU;
    // log10(2) = 0.30103: so many decimal digits, rounded up, tell all binary fractions of that length apart.
    const unsigned digits = resolution & binary_flag ? (exponent * 30103 + 99999) / 100000 : exponent;
    return static_cast<std::uint8_t>(std::min(digits, 9U));
}

}  // namespace diag::capture
