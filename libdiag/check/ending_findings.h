#pragma once

#include "libdiag/check/conversation_evidence.h"
#include "libdiag/check/row.h"

namespace diag::check {

/// Conversations that ended, or fell silent, before the client had what it came for.
std::span<const Row<ConversationEvidence>> ending_rows();

}  // namespace diag::check
