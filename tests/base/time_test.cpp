#include "libdiag/base/time.h"

#include <catch2/catch.hpp>
#include <ctime>
#include <limits>
#include <random>

using namespace diag;

namespace {

constexpr std::uint64_t unix_epoch = 116'444'736'000'000'000;  // 1970-01-01 as FILETIME, [MS-DTYP] 2.3.3
constexpr auto min_ns = std::numeric_limits<std::int64_t>::min();
constexpr auto max_ns = std::numeric_limits<std::int64_t>::max();
constexpr auto max_ticks = std::numeric_limits<std::uint64_t>::max();

// The C library's idea of the same second.
std::string by_gmtime(std::int64_t unix_seconds) {
    const std::time_t seconds = unix_seconds;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[64];
    std::snprintf(text, sizeof text, "%04ld-%02d-%02dT%02d:%02d:%02dZ", 1900L + parts.tm_year, parts.tm_mon + 1,
                  parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
    return text;
}

}  // namespace

TEST_CASE("time: a timestamp prints with as many digits as asked for, cut and not rounded", "[base]") {
    const Timestamp time{1'795'464'555'123'456'789};
    CHECK(format_rfc3339(time, 0) == "2026-11-23T20:09:15Z");
    CHECK(format_rfc3339(time, 3) == "2026-11-23T20:09:15.123Z");
    CHECK(format_rfc3339(time, 6) == "2026-11-23T20:09:15.123456Z");
    CHECK(format_rfc3339(time, 9) == "2026-11-23T20:09:15.123456789Z");
    CHECK(format_rfc3339(Timestamp{999'999'999}, 3) == "1970-01-01T00:00:00.999Z");
}

TEST_CASE("time: moments before 1970 count their fraction upwards", "[base]") {
    CHECK(format_rfc3339(Timestamp{-1}, 9) == "1969-12-31T23:59:59.999999999Z");
    CHECK(format_rfc3339(Timestamp{-1'000'000'000}, 3) == "1969-12-31T23:59:59.000Z");
}

TEST_CASE("time: the ends of both scales print", "[base]") {
    CHECK(format_rfc3339(Timestamp{min_ns}, 9) == "1677-09-21T00:12:43.145224192Z");
    CHECK(format_rfc3339(Timestamp{max_ns}, 9) == "2262-04-11T23:47:16.854775807Z");
    CHECK(format_rfc3339(Filetime{0}) == "1601-01-01T00:00:00Z");
    CHECK(format_rfc3339(Filetime{1}) == "1601-01-01T00:00:00.0000001Z");
    CHECK(format_rfc3339(Filetime{max_ticks}) == "60056-05-28T05:36:10.9551615Z");
}

TEST_CASE("time: a FILETIME prints the digits that carry something", "[base]") {
    CHECK(format_rfc3339(Filetime{unix_epoch}) == "1970-01-01T00:00:00Z");
    CHECK(format_rfc3339(Filetime{unix_epoch + 5'000'000}) == "1970-01-01T00:00:00.5Z");
    CHECK(format_rfc3339(Filetime{unix_epoch + 1'234'560}) == "1970-01-01T00:00:00.123456Z");
}

TEST_CASE("time: the calendar agrees with the C library, leap days and centuries included", "[base]") {
    for (const char* text :
         {"2000-02-29T00:00:00Z", "1900-03-01T00:00:00Z", "2100-02-28T23:59:59Z", "2400-02-29T12:00:00Z"}) {
        std::tm parts{};
        REQUIRE(strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts));
        const auto ticks = static_cast<std::uint64_t>(timegm(&parts) + 11'644'473'600) * 10'000'000;
        CHECK(format_rfc3339(Filetime{ticks}) == text);
    }
    std::mt19937_64 random{1601};
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t seconds_since_1601 = random() % (max_ticks / 10'000'000);
        const auto unix_seconds = static_cast<std::int64_t>(seconds_since_1601) - 11'644'473'600;
        REQUIRE(format_rfc3339(Filetime{seconds_since_1601 * 10'000'000}) == by_gmtime(unix_seconds));
    }
}

TEST_CASE("time: timestamps and FILETIMEs convert into each other", "[base]") {
    CHECK(to_filetime(Timestamp{0}).ticks == unix_epoch);
    CHECK(to_filetime(Timestamp{100}).ticks == unix_epoch + 1);
    CHECK(to_filetime(Timestamp{199}).ticks == unix_epoch + 1);
    CHECK(to_filetime(Timestamp{-1}).ticks == unix_epoch - 1);  // the tick that the moment lies in
    CHECK(to_timestamp(Filetime{unix_epoch}).ns == 0);
    CHECK(to_timestamp(Filetime{unix_epoch - 1}).ns == -100);
    std::mt19937_64 random{1970};
    for (int i = 0; i < 10'000; ++i) {
        const auto ns = static_cast<std::int64_t>(random());
        const std::int64_t back = to_timestamp(to_filetime(Timestamp{ns})).ns;
        CAPTURE(ns, back);
        REQUIRE((back <= ns && static_cast<std::uint64_t>(ns) - static_cast<std::uint64_t>(back) < 100));
    }
}

TEST_CASE("time: what the other scale cannot say is clamped", "[base]") {
    CHECK(to_timestamp(Filetime{max_ticks}).ns == max_ns);
    CHECK(to_timestamp(Filetime{std::uint64_t{1} << 63}).ns == max_ns);
    CHECK(to_timestamp(Filetime{(std::uint64_t{1} << 63) - 1}).ns == max_ns);
    CHECK(to_timestamp(Filetime{0}).ns == min_ns);
    // Both ends of the nanosecond scale lie inside the FILETIME scale, so nothing is lost but the part of a tick.
    CHECK(max_ns - to_timestamp(to_filetime(Timestamp{max_ns})).ns < 100);
    CHECK(to_filetime(Timestamp{min_ns}).ticks == 24'211'015'631'452'241);
}
