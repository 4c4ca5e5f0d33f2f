#pragma once

#include <vector>

#include "libdiag/check/finding.h"
#include "libdiag/check/outcome.h"
#include "libdiag/dissect/conversation.h"

namespace diag::check {

/// What the TCP headers and ICMP errors say of the way between client and host, where the conversation failed; and whether
/// only one direction was captured. Nothing of a conversation that only lost some packets and went well.
void check_path(const dissect::Conversation& conversation, Outcome outcome, std::vector<Finding>& findings);

}  // namespace diag::check
