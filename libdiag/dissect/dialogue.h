#pragma once

#include "libdiag/dissect/conversation.h"
#include "libdiag/dissect/flow.h"

namespace diag::dissect {

/// Reads the bytes of a flow as RPC calls of KMS into `out`, whose memory is reused. Returns false when there is nothing
/// to report: no KMS in it, or (with `is_end` false) no exchange that is complete.
///
/// With `is_end` false the flow goes on: what is reported is taken out of it, the rest stays for the next part.
bool read_dialogue(Flow& flow, bool is_end, kms::Codec& codec, Conversation& out);

}  // namespace diag::dissect
