#pragma once

#include <string>

#include "libdiag/check/finding_builder.h"

// What the evidence of several findings about a conversation has in common.
namespace diag::check {

/// The PDU that this side sent last; nullptr where it sent none.
const dissect::PduRecord* last_of(const dissect::Conversation& conversation, dissect::Side side);

/// What a PDU of the host answers: the client's PDU before it with this call id, or whatever the client sent last before it.
const dissect::PduRecord* asked_by(const dissect::Conversation& conversation, const dissect::PduRecord& answer);

/// "SYN from 192.0.2.1:50000, sent 3 times"
std::string syn_text(const dissect::Conversation& conversation);

/// The first line of what was said instead of RPC, and its bytes.
std::string quote(std::string_view opening);

/// Messages that never got complete.
void add_partial_tails(FindingBuilder& builder, const dissect::Conversation& conversation);

/// How the connection ended: the lines that close the evidence of most findings.
void add_end(FindingBuilder& builder, const dissect::Conversation& conversation);

}  // namespace diag::check
