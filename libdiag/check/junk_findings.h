#pragma once

#include "libdiag/check/conversation_evidence.h"
#include "libdiag/check/row.h"

namespace diag::check {

/// Bytes that are no RPC: in its place, or between its messages.
std::span<const Row<ConversationEvidence>> junk_rows();

}  // namespace diag::check
