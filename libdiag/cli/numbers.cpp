#include "libdiag/cli/numbers.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

namespace diag::cli {
namespace {

// All of the text, or nothing.
template <class T, class... Format> std::optional<T> read_whole(std::string_view text, Format... format) {
    T value{};
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value, format...);
    if (text.empty() || error != std::errc{} || end != last) return std::nullopt;
    return value;
}

std::string seconds_text(std::chrono::milliseconds time) {
    if (time.count() % 1000 == 0) return fmt::format("{}", time.count() / 1000);
    return fmt::format("{}", static_cast<double>(time.count()) / 1000);
}

template <class T, class Parse>
std::expected<std::optional<T>, std::string> read_option(const po::variables_map& map, const char* name, Parse parse) {
    const auto text = text_of(map, name);
    if (!text) return std::nullopt;
    const auto value = of_option(name, parse(*text));
    if (!value) return std::unexpected(value.error());
    return *value;
}

}  // namespace

std::expected<std::uint64_t, std::string> parse_number(std::string_view text, std::uint64_t low, std::uint64_t high) {
    const auto value = read_whole<std::uint64_t>(text);
    if (value && low <= *value && *value <= high) return *value;
    if (high == std::numeric_limits<std::uint64_t>::max())
        return std::unexpected(fmt::format("'{}' is not a number from {} on", text, low));
    return std::unexpected(fmt::format("'{}' is not a number from {} to {}", text, low, high));
}

std::expected<std::optional<std::uint64_t>, std::string> number_of(const po::variables_map& map, const char* name,
                                                                   std::uint64_t low, std::uint64_t high) {
    return read_option<std::uint64_t>(map, name, [=](std::string_view text) { return parse_number(text, low, high); });
}

std::expected<std::chrono::milliseconds, std::string> parse_seconds(std::string_view text,
                                                                    std::chrono::milliseconds low,
                                                                    std::chrono::milliseconds high) {
    const auto seconds = read_whole<double>(text, std::chars_format::fixed);
    const double ms = std::round(seconds.value_or(0) * 1000);
    // Compared as it is: not-a-number and infinity, which from_chars takes, fail here before they are converted.
    if (seconds && ms >= static_cast<double>(low.count()) && ms <= static_cast<double>(high.count()))
        return std::chrono::milliseconds{static_cast<std::int64_t>(ms)};
    return std::unexpected(
        fmt::format("'{}' is not a time in seconds from {} to {}", text, seconds_text(low), seconds_text(high)));
}

std::expected<std::optional<std::chrono::milliseconds>, std::string> seconds_of(const po::variables_map& map,
                                                                                const char* name,
                                                                                std::chrono::milliseconds low,
                                                                                std::chrono::milliseconds high) {
    return read_option<std::chrono::milliseconds>(
        map, name, [=](std::string_view text) { return parse_seconds(text, low, high); });
}

std::expected<void, std::string> read_seconds(const po::variables_map& map, const char* name,
                                              std::chrono::milliseconds low, std::chrono::milliseconds high,
                                              std::chrono::milliseconds& out) {
    const auto time = seconds_of(map, name, low, high);
    if (!time) return std::unexpected(time.error());
    if (*time) out = **time;
    return {};
}

}  // namespace diag::cli
