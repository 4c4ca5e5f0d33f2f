#pragma once

#include <vector>

#include "libdiag/check/conversation_evidence.h"
#include "libdiag/check/finding.h"

namespace diag::check {

/// Packets with the host's address that another machine sent: those that closed the connection, or what stands in place of RPC
/// in it. They came another way (TTL), or lack the timestamps on which both SYNs agreed. The SYN-ACK is taken for the host's own.
void middlebox(const ConversationEvidence& evidence, std::vector<Finding>& out);

}  // namespace diag::check
