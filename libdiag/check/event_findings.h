#pragma once

#include <span>
#include <vector>

#include "libdiag/check/event_troubles.h"
#include "libdiag/check/row.h"

namespace diag::check {

/// The rules for what clients and hosts log: the same trouble of several clients is one finding with a line for each.
std::span<const Row<SharedTrouble>> trouble_rows();
/// The rules for logs as a whole.
std::span<const Row<LoggedState>> logged_rows();

/// What joined logs say is wrong: of each client and product the state at the end, so that what failed and was served later is
/// mere information. A fault that several clients have alike, at the same host, is one finding with a line for each; a fault of
/// which client and host tell different codes is one finding with both. The worst first, then what a client
/// meets first.
std::vector<Finding> check_events(const JoinedEvents& events);

/// The same from logs as they were read, without names and captures.
std::vector<Finding> check_events(std::span<const windows::EventLog> logs);

}  // namespace diag::check
