#pragma once

#include <string_view>
#include <vector>

#include "libdiag/check/event_join.h"
#include "libdiag/dissect/conversation.h"

namespace diag::decode {

/// Rows of captures that are kept for event logs to be joined with; some hundred bytes each.
inline constexpr std::size_t max_captured_requests = 65'536;

/// Adds a row for each request of a conversation, or one for a conversation that came to none, up to the limit.
void collect_requests(const dissect::Conversation& conversation, check::Outcome outcome, std::string_view capture,
                      std::vector<check::CapturedRequest>& out);

}  // namespace diag::decode
