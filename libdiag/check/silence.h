#pragma once

#include "libdiag/check/outcome.h"

namespace diag::check {

/// Whether the outcome says that an answer is missing, but the capture ends (or the conversation had to be reported) before
/// an answer could be expected: then nothing failed as far as anybody can tell.
bool is_too_soon_to_tell(const dissect::Conversation& conversation, Outcome outcome);

/// Nobody closed the connection, and the capture ends before more could be expected: more may have followed.
bool may_go_on(const dissect::Conversation& conversation);

/// The packet with which the client asked for what it waits for: its SYN, or the message that it sent last. Keep-alives and
/// retransmissions do not count.
dissect::Mark last_asked(const dissect::Conversation& conversation);

}  // namespace diag::check
