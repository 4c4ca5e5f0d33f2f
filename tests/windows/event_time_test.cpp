#include "libdiag/windows/event_time.h"

#include <catch2/catch.hpp>

namespace diag::windows {
namespace {

std::string text_of(const std::optional<EventTime>& time) {
    if (!time) return "none";
    const char* marks[] = {"?", "utc", "local", "ambiguous"};
    return format_rfc3339(time->time, 9) + " " + marks[static_cast<std::size_t>(time->clock)];
}

TEST_CASE("iso time: fractions of any length, Z, offsets and neither", "[events]") {
    CHECK(text_of(parse_iso_time("2026-11-23T20:09:15.1234567Z")) == "2026-11-23T20:09:15.123456700Z utc");
    CHECK(text_of(parse_iso_time("2026-11-23T20:09:15.123456789Z")) == "2026-11-23T20:09:15.123456789Z utc");
    CHECK(text_of(parse_iso_time("2026-11-24T05:09:15+09:00")) == "2026-11-23T20:09:15.000000000Z utc");
    CHECK(text_of(parse_iso_time("2026-11-23T15:39:15.5-0430")) == "2026-11-23T20:09:15.500000000Z utc");
    CHECK(text_of(parse_iso_time("2026-11-23T20:09:15.123")) == "2026-11-23T20:09:15.123000000Z local");
    CHECK(text_of(parse_iso_time("2024-02-29 00:00:00Z")) == "2024-02-29T00:00:00.000000000Z utc");
}

TEST_CASE("iso time: what is no moment is none", "[events]") {
    for (const auto* text : {"", "2026", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-23T24:00:00Z",
                             "2026-11-23T20:60:00Z", "2026-11-23T20:09:15.Z", "2026-11-23T20:09:15.1234567890Z",
                             "2026-11-23T20:09:15 and more", "2026-11-23T20:09:15+9", "1600-01-01T00:00:00Z",
                             "9999-12-31T23:59:59Z", "2026-11-23", "26-11-23T20:09:15Z", "2026-11-23T20:09:15+15:00"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_iso_time(text));
    }
}

TEST_CASE("printed time: each form of a date is local time", "[events]") {
    using enum DateOrder;
    CHECK(text_of(parse_printed_time("11/23/2026 8:09:15 PM", unknown)) == "2026-11-23T20:09:15.000000000Z local");
    CHECK(text_of(parse_printed_time("23/11/2026 20:09:15", unknown)) == "2026-11-23T20:09:15.000000000Z local");
    CHECK(text_of(parse_printed_time("23.11.2026 20:09:15", unknown)) == "2026-11-23T20:09:15.000000000Z local");
    CHECK(text_of(parse_printed_time("3. 4. 2026 5:06:07", unknown)) == "2026-04-03T05:06:07.000000000Z local");
    CHECK(text_of(parse_printed_time("03-04-2026 05:06:07", unknown)) == "2026-04-03T05:06:07.000000000Z local");
    CHECK(text_of(parse_printed_time("2026/11/23 20:09:15", day_first)) == "2026-11-23T20:09:15.000000000Z local");
    CHECK(text_of(parse_printed_time("2026/11/23 午後 8:09:15", unknown)) == "2026-11-23T20:09:15.000000000Z local");
    CHECK(text_of(parse_printed_time("11/23/2026, 12:00:01\u202FAM", unknown)) ==
          "2026-11-23T00:00:01.000000000Z local");
    CHECK(text_of(parse_printed_time("11/23/2026 12:00:01 PM", unknown)) == "2026-11-23T12:00:01.000000000Z local");
}

TEST_CASE("printed time: an order that only other dates tell is taken from them, and else marked", "[events]") {
    CHECK(text_of(parse_printed_time("3/4/2026 5:06:07", DateOrder::month_first)) ==
          "2026-03-04T05:06:07.000000000Z local");
    CHECK(text_of(parse_printed_time("3/4/2026 5:06:07", DateOrder::day_first)) ==
          "2026-04-03T05:06:07.000000000Z local");
    CHECK(text_of(parse_printed_time("3/4/2026 5:06:07", DateOrder::unknown)) ==
          "2026-03-04T05:06:07.000000000Z ambiguous");
    CHECK(date_order_of("3/4/2026") == DateOrder::unknown);
    CHECK(date_order_of("13/4/2026") == DateOrder::day_first);
    CHECK(date_order_of("3/14/2026") == DateOrder::month_first);
    CHECK(date_order_of("2026/3/14") == DateOrder::unknown);
    CHECK(date_order_of("x") == DateOrder::unknown);
}

TEST_CASE("printed time: what is no moment is none", "[events]") {
    for (const auto* text :
         {"", "x", "11/23/26 8:09:15 PM", "11/31/2026 8:09:15", "13/13/2026 8:09:15", "11/23/2026 25:09:15",
          "11/23/2026 13:09:15 PM", "11/23/2026 8:09:15 XM", "11-23/2026 8:09"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_printed_time(text, DateOrder::unknown));
    }
}

}  // namespace
}  // namespace diag::windows
