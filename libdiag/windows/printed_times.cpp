#include "libdiag/windows/printed_times.h"

namespace diag::windows {
namespace {

constexpr std::size_t max_time_size = 64;  // what is longer is no time

}  // namespace

bool PrintedTimes::add(Event event, std::string_view time) {
    if (order_ == DateOrder::unknown) order_ = date_order_of(time);
    const std::size_t index = sink_.events().size();
    const bool goes_on = sink_.add(std::move(event));
    if (sink_.events().size() > index && time.size() <= max_time_size) times_.emplace_back(index, time);
    return goes_on;
}

void PrintedTimes::finish() {
    for (const auto& [index, time] : times_) set_time(sink_.events()[index], parse_printed_time(time, order_));
}

}  // namespace diag::windows
