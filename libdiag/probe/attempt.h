#pragma once

#include "libdiag/check/live_conversation.h"
#include "libdiag/net/dialogs.h"
#include "libdiag/probe/target_report.h"

namespace diag::probe {

/// What a conversation came to. `live`: made of the same report.
Attempt make_attempt(const net::DialogReport& report, const check::LiveConversation& live);

}  // namespace diag::probe
