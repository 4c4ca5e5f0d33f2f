#include "libdiag/base/time.h"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace diag {
namespace {

constexpr std::int64_t seconds_from_1601_to_1970 = 11'644'473'600;
constexpr std::uint64_t ticks_per_second = 10'000'000;
constexpr std::int64_t ns_per_second = 1'000'000'000;

struct Calendar {
    std::int64_t year;
    unsigned month, day, hour, minute, second;
};

// Days to year, month, day in the proleptic Gregorian calendar, counted in eras of 400 years that start on 1 March.
// std::chrono's year is 16 bits wide, a FILETIME reaches the year 60056.
Calendar calendar_of(std::int64_t unix_seconds) {
    std::int64_t days = unix_seconds / 86'400;
    std::int64_t rest = unix_seconds % 86'400;
    if (rest < 0) {
        rest += 86'400;
        --days;
    }
    const std::int64_t shifted = days + 719'468;
    const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
    const std::int64_t day_of_era = shifted - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
    const auto day = static_cast<unsigned>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    const auto month = static_cast<unsigned>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    return {.year = year,
            .month = month,
            .day = day,
            .hour = static_cast<unsigned>(rest / 3'600),
            .minute = static_cast<unsigned>(rest / 60 % 60),
            .second = static_cast<unsigned>(rest % 60)};
}

char* put_digits(char* out, std::uint64_t value, unsigned width) {
    for (unsigned i = width; i > 0; --i) {
        out[i - 1] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    return out + width;
}

// Several times stand in every line of JSON: written digit by digit, where fmt would parse its format string each time.
std::string format_with_fraction(std::int64_t unix_seconds, std::uint64_t fraction, unsigned digits) {
    const Calendar c = calendar_of(unix_seconds);
    if (c.year < 0 || c.year > 9999) {
        auto text =
            fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", c.year, c.month, c.day, c.hour, c.minute, c.second);
        if (digits > 0) text += fmt::format(".{:0{}}", fraction, digits);
        return text + 'Z';
    }
    std::array<char, 40> text;
    char* end = put_digits(text.data(), static_cast<std::uint64_t>(c.year), 4);
    const auto part = [&end](char separator, unsigned value) {
        *end++ = separator;
        end = put_digits(end, value, 2);
    };
    part('-', c.month);
    part('-', c.day);
    part('T', c.hour);
    part(':', c.minute);
    part(':', c.second);
    if (digits > 0) {
        *end++ = '.';
        end = put_digits(end, fraction, digits);
    }
    *end++ = 'Z';
    return {text.data(), end};
}

}  // namespace

std::string format_rfc3339(Timestamp time, unsigned fraction_digits) {
    std::int64_t seconds = time.ns / ns_per_second;
    std::int64_t ns = time.ns % ns_per_second;
    if (ns < 0) {
        ns += ns_per_second;
        --seconds;
    }
    auto fraction = static_cast<std::uint64_t>(ns);
    for (unsigned digits = 9; digits > fraction_digits; --digits) fraction /= 10;
    return format_with_fraction(seconds, fraction, fraction_digits);
}

std::string format_rfc3339(Filetime time) {
    const auto seconds = static_cast<std::int64_t>(time.ticks / ticks_per_second) - seconds_from_1601_to_1970;
    std::uint64_t fraction = time.ticks % ticks_per_second;
    unsigned digits = fraction == 0 ? 0 : 7;
    while (digits > 0 && fraction % 10 == 0) {
        fraction /= 10;
        --digits;
    }
    return format_with_fraction(seconds, fraction, digits);
}

Filetime to_filetime(Timestamp time) {
    std::int64_t ticks = time.ns / 100;
    if (time.ns % 100 < 0) --ticks;
    const std::int64_t shifted = ticks + seconds_from_1601_to_1970 * static_cast<std::int64_t>(ticks_per_second);
    return {shifted < 0 ? 0 : static_cast<std::uint64_t>(shifted)};
}

Timestamp to_timestamp(Filetime time) {
    constexpr std::int64_t epoch = seconds_from_1601_to_1970 * static_cast<std::int64_t>(ticks_per_second);
    constexpr std::int64_t limit = std::numeric_limits<std::int64_t>::max() / 100;
    if (time.ticks > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return {std::numeric_limits<std::int64_t>::max()};
    const std::int64_t ticks = static_cast<std::int64_t>(time.ticks) - epoch;
    if (ticks > limit) return {std::numeric_limits<std::int64_t>::max()};
    if (ticks < -limit) return {std::numeric_limits<std::int64_t>::min()};
    return {ticks * 100};
}

}  // namespace diag
