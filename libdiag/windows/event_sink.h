#pragma once

#include <string>

#include "libdiag/windows/events.h"

namespace diag::windows {

/// Where the readers of the formats put what they read: keeps the events of the licensing services, counts the others.
class EventSink {
public:
    /// False, and the event is not taken, once there are limits::event_count of them: then the reader can stop.
    bool add(Event event);
    void add_unreadable() { ++log_.unreadable_count; }
    void set_problem(std::string problem) { log_.problem = std::move(problem); }

    void clear_problem() { log_.problem.reset(); }

    bool is_full() const { return is_full_; }
    std::size_t seen_count() const { return log_.events.size() + log_.other_count + log_.unreadable_count; }
    /// Of the events that were kept; for readers that can tell the times only at the end.
    std::vector<Event>& events() { return log_.events; }
    EventLog take() { return std::move(log_); }

private:
    EventLog log_;
    bool is_full_ = false;
};

/// `text` as far as limits::event_text_size goes, not cut within a character.
std::string limited(std::string_view text);

}  // namespace diag::windows
