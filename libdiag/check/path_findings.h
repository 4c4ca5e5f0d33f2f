#pragma once

#include "libdiag/check/conversation_evidence.h"
#include "libdiag/check/row.h"

namespace diag::check {

/// What the TCP headers and ICMP errors of a captured conversation say of the way between client and host, where it failed;
/// and whether only one direction was captured. Nothing of a conversation that only lost some packets and went well.
std::span<const Row<ConversationEvidence>> path_rows();

}  // namespace diag::check
