#pragma once

#include <vector>

#include "libdiag/check/conversation_evidence.h"
#include "libdiag/check/finding.h"

namespace diag::check {

/// Everything that is worth saying about one conversation, most important first. A healthy one gives nothing above info.
std::vector<Finding> check_conversation(const dissect::Conversation& conversation, Outcome outcome);

/// The same, by all that is known of it.
std::vector<Finding> check_conversation(const ConversationEvidence& evidence);

}  // namespace diag::check
