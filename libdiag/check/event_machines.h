#pragma once

#include <vector>

#include "libdiag/check/event_join.h"

namespace diag::check {

/// The machines behind one client machine id, each with its steps. One that was renamed is one machine: no name of it comes
/// back, and its log has both names. Names that come back after another one, or three of them, are clones; logs of two
/// computers of which neither has the other's name are told apart, too, and prove no clones.
std::vector<ClientHistory> machines_of(const JoinedEvents& events, ClientHistory client);

}  // namespace diag::check
