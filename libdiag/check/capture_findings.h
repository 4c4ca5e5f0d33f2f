#pragma once

#include "libdiag/check/conversation_evidence.h"
#include "libdiag/check/row.h"

namespace diag::check {

/// What the capture lacks of a conversation.
std::span<const Row<ConversationEvidence>> capture_rows();

}  // namespace diag::check
