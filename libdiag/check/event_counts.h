#pragma once

#include <set>
#include <utility>

#include "libdiag/check/event_join.h"

namespace diag::check {

/// What the logs of hosts tell of their counts: no event has a count, but a host counts each machine id that it answered
/// within 30 days.
class LoggedCounts {
public:
    explicit LoggedCounts(const JoinedEvents& events);

    /// Whether a host had counted enough clients when it answered; false where its log does not reach back far enough to tell.
    bool suffice_at(const RequestStep& step) const;

private:
    std::set<std::pair<std::size_t, std::size_t>> enough_;  // log, event
};

}  // namespace diag::check
