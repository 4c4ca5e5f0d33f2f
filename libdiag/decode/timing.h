#pragma once

#include <optional>

#include "libdiag/dissect/conversation.h"

namespace diag::decode {

/// Nanoseconds between packets of the capture, as they passed the place of capture; nullopt where one of the two is missing.

/// SYN to SYN-ACK: the network's round trip, when the capture was made at the client.
std::optional<std::int64_t> connect_time(const dissect::Conversation& conversation);
/// First bind to its answer.
std::optional<std::int64_t> bind_time(const dissect::Conversation& conversation);
/// Request to the whole answer.
std::optional<std::int64_t> response_time(const dissect::Conversation& conversation, const dissect::Exchange& exchange);
/// What the host itself needed: response_time() less one round trip; not below 0.
std::optional<std::int64_t> host_time(const dissect::Conversation& conversation, const dissect::Exchange& exchange);

}  // namespace diag::decode
