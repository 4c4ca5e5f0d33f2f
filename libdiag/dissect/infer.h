#pragma once

#include "libdiag/dissect/conversation.h"

namespace diag::dissect {

/// Completes binds and their answers that a short snapshot length cut, as far as the rest of the conversation proves or
/// the usual offer of KMS clients suggests it: the number of contexts follows from the length of the PDU, the interface
/// from the calls, which syntax was accepted from the calls that were answered. What was completed is marked `inferred`.
void infer_cut_binds(Conversation& conversation);

}  // namespace diag::dissect
