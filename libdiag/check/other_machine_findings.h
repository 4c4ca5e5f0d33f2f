#pragma once

#include <vector>

#include "libdiag/check/correlation_findings.h"
#include "libdiag/check/finding.h"

namespace diag::check {

/// Connections that failed at a machine which has the host's address and is another than the one that serves this client on other
/// connections: its SYN-ACK or RST set out with another TTL, or two or more of its TCP options differ though the client offered the
/// same. Compared within one capture and one client address alone, for a TTL depends on the place.
void other_machine(const HostRecord& evidence, std::vector<Finding>& out);

}  // namespace diag::check
