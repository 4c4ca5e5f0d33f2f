#pragma once

#include <chrono>
#include <cstdint>

#include "libdiag/cli/command_line.h"

namespace diag::cli {

/// A whole number, decimal, from `low` to `high`. Boost's own conversion would take -1 for 65535.
/// The error quotes the text as it is; it says "from `low` on" where `high` is the largest number of all.
std::expected<std::uint64_t, std::string> parse_number(std::string_view text, std::uint64_t low, std::uint64_t high);

/// The same of an option; none if it was not given.
std::expected<std::optional<std::uint64_t>, std::string> number_of(const po::variables_map& map, const char* name,
                                                                   std::uint64_t low, std::uint64_t high);

/// A time in seconds, decimal, with or without a fraction ("5", "0.25"), from `low` to `high`; kept to the millisecond.
/// `low` is at least 1 ms. The error quotes the text as it is.
std::expected<std::chrono::milliseconds, std::string> parse_seconds(std::string_view text,
                                                                    std::chrono::milliseconds low,
                                                                    std::chrono::milliseconds high);

std::expected<std::optional<std::chrono::milliseconds>, std::string> seconds_of(const po::variables_map& map,
                                                                                const char* name,
                                                                                std::chrono::milliseconds low,
                                                                                std::chrono::milliseconds high);

/// Sets `out` from a number that was given; `high` fits into it.
template <class T>
std::expected<void, std::string> read_number(const po::variables_map& map, const char* name, std::uint64_t low,
                                             std::uint64_t high, T& out) {
    const auto number = number_of(map, name, low, high);
    if (!number) return std::unexpected(number.error());
    if (*number) out = static_cast<T>(**number);
    return {};
}

/// The same of a time in seconds.
std::expected<void, std::string> read_seconds(const po::variables_map& map, const char* name,
                                              std::chrono::milliseconds low, std::chrono::milliseconds high,
                                              std::chrono::milliseconds& out);

}  // namespace diag::cli
