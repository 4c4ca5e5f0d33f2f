#pragma once

#include <vector>

#include "libdiag/check/finding.h"
#include "libdiag/dissect/conversation.h"

namespace diag::check {

/// What the requests and answers themselves tell: refusals, proofs that fail, counts below the threshold, clocks. One
/// finding for each rule and reason, however many exchanges show it.
void check_exchanges(const dissect::Conversation& conversation, std::vector<Finding>& findings);

}  // namespace diag::check
