#pragma once

#include <span>
#include <vector>

#include "libdiag/check/event_join.h"
#include "libdiag/check/finding.h"

namespace diag::check {

/// What joined logs say is wrong: of each client and product the state at the end, so that what failed and was served later is
/// mere information. A fault that several clients have alike, at the same host, is one finding with a line for each; a fault of
/// which client and host tell different codes is one finding with both. Most important first.
std::vector<Finding> check_events(const JoinedEvents& events);

/// The same from logs as they were read, without names and captures.
std::vector<Finding> check_events(std::span<const windows::EventLog> logs);

}  // namespace diag::check
