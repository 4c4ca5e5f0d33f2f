#pragma once

#include "libdiag/check/conversation_evidence.h"
#include "libdiag/check/row.h"

namespace diag::check {

/// Refusals of the host's RPC: of the bind, of what the client offered in it, of a call.
std::span<const Row<ConversationEvidence>> rpc_rows();

}  // namespace diag::check
