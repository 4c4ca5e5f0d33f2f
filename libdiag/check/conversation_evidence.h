#pragma once

#include "libdiag/check/outcome.h"
#include "libdiag/check/silence.h"
#include "libdiag/dissect/conversation.h"

namespace diag::check {

/// What the rules about a conversation look at.
struct ConversationEvidence {
    const dissect::Conversation& conversation;
    Outcome outcome = Outcome::complete;
    /// What the outcome misses could not be there yet.
    bool is_too_soon = false;
    /// Of our own conversations: the system asked for the host's link address (ARP, neighbour discovery) and got no answer.
    bool is_link_silent = false;

    /// Whether it ended so, as far as anybody can tell.
    bool ended(Outcome how) const { return outcome == how && !is_too_soon; }
};

inline ConversationEvidence conversation_evidence(const dissect::Conversation& conversation, Outcome outcome) {
    return {
        .conversation = conversation, .outcome = outcome, .is_too_soon = is_too_soon_to_tell(conversation, outcome)};
}

}  // namespace diag::check
