#pragma once

#include <vector>

#include "libdiag/windows/kms_events.h"

namespace diag::windows {

/// How the UTC time of an event came to be known.
enum class TimeSource : std::uint8_t {
    none,     ///< it did not: the event has no time
    log,      ///< the log has it
    derived,  ///< the log has local time; its zone follows from the client times in 12288 and 12290, which are UTC
    local,    ///< the log has local time, and nothing tells the zone: taken as if it were UTC
};

struct PlacedTime {
    Timestamp at;
    TimeSource source = TimeSource::none;

    friend bool operator==(const PlacedTime&, const PlacedTime&) = default;
};

/// The times of a log's events in UTC, one for each of KmsLog::events. One zone is taken for the whole log, in quarters of an
/// hour: the one that most of its requests ask for. Where day and month of a date were guessed, they are swapped if that fits
/// more of the requests.
std::vector<PlacedTime> place_in_utc(const KmsLog& log);

}  // namespace diag::windows
