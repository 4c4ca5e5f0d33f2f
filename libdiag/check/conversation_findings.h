#pragma once

#include <vector>

#include "libdiag/check/finding.h"
#include "libdiag/check/outcome.h"
#include "libdiag/dissect/conversation.h"

namespace diag::check {

/// Everything that is worth saying about one conversation, most important first. A healthy one gives nothing above info.
std::vector<Finding> check_conversation(const dissect::Conversation& conversation, Outcome outcome);

}  // namespace diag::check
