#pragma once

#include <optional>
#include <string_view>

#include "libdiag/base/time.h"
#include "libdiag/windows/events.h"

namespace diag::windows {

struct EventTime {
    Timestamp time;
    EventClock clock = EventClock::unknown;

    friend bool operator==(const EventTime&, const EventTime&) = default;
};

/// "2026-11-23T20:09:15.1234567Z", with up to nine digits behind the second; with an offset ("+09:00") it becomes UTC, with
/// neither it is local. nullopt for anything else.
std::optional<EventTime> parse_iso_time(std::string_view text);

/// Which of the first two numbers of a date is the day, as far as dates of the same file tell.
enum class DateOrder : std::uint8_t { unknown, month_first, day_first };

/// What this date alone tells: "23/11/2026" and dots have the day first, "11/23/2026" the month.
DateOrder date_order_of(std::string_view text);

/// A date and time as Windows prints them: "11/23/2026 9:15:02 PM", "23.11.2026 21:15:02", "2026/11/23 21:15:02" or in the
/// form of parse_iso_time(). With an unknown order the month is taken to be first, and the clock is ambiguous.
std::optional<EventTime> parse_printed_time(std::string_view text, DateOrder order);

/// Gives the event a time that could be read; else it keeps its own.
void set_time(Event& event, const std::optional<EventTime>& time);

}  // namespace diag::windows
