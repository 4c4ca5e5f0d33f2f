#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libdiag/windows/event_sink.h"
#include "libdiag/windows/event_time.h"

namespace diag::windows {

/// The printed times of a file's events. Which of day and month comes first only all of them together tell, so they are read at
/// the end.
class PrintedTimes {
public:
    explicit PrintedTimes(EventSink& sink) : sink_{sink} {}

    /// Adds an event with the time that stands beside it, which counts for the order also where the event is not kept. False: there
    /// are more events than the limit.
    bool add(Event event, std::string_view time);
    void finish();

private:
    EventSink& sink_;
    DateOrder order_ = DateOrder::unknown;
    std::vector<std::pair<std::size_t, std::string>> times_;  // of the events that were kept, by index
};

}  // namespace diag::windows
