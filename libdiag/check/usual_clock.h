#pragma once

#include <optional>
#include <vector>

#include "libdiag/correlate/correlation.h"

namespace diag::check {

/// What clocks are compared with: the median of the clients of one capture, when there are enough and most of them agree.
/// None where the capture's own clock was set back on the way.
struct UsualClock {
    std::optional<std::int64_t> difference_s;  ///< client clock minus capture clock
    std::size_t client_count = 0;
};

/// One for each capture, by Contact::file.
std::vector<UsualClock> usual_clocks(const correlate::Correlation& correlation);

}  // namespace diag::check
