#pragma once

#include "libdiag/check/conversation_evidence.h"
#include "libdiag/check/row.h"

namespace diag::check {

/// Connections that never came about.
std::span<const Row<ConversationEvidence>> connect_rows();

}  // namespace diag::check
