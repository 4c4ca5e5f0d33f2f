#pragma once

#include <optional>
#include <vector>

#include "libdiag/check/row.h"
#include "libdiag/session/connect_evidence.h"
#include "libdiag/session/rpc_evidence.h"

namespace diag::check {

/// An answer of the host that came, and with which the client can do nothing. In a capture it cannot be told from a client
/// that had enough.
struct UselessAnswer {
    bool is_to_call = false;  ///< or else to a bind
    session::StepEnd end = session::StepEnd::no_context;
};

/// The last step's answer, if it is one.
std::optional<UselessAnswer> useless_answer(const session::RpcEvidence& rpc);

/// What only the one who asked can know of a conversation.
struct LiveEvidence {
    const session::ConnectEvidence& connect;
    bool lab_keys = false;
    std::optional<UselessAnswer> useless = {};
    std::vector<Finding> as_captured = {};  ///< what a capture of it would show; none where nothing left this machine

    /// Whether a row here says this finding of a capture better.
    bool says_otherwise(const Finding& finding) const;
    /// Whether something else explains why the client got nowhere.
    bool is_explained() const;
};

/// The system asked for the host's link address (ARP, neighbour discovery) and got no answer.
bool is_silent_link(const session::ConnectEvidence& connect);

/// Nothing left this machine.
bool is_local_failure(const session::ConnectEvidence& connect);

std::span<const Row<LiveEvidence>> live_rows();

/// What the rows see, and of what a capture would show the rest. Most important first.
std::vector<Finding> check_live(LiveEvidence evidence);

}  // namespace diag::check
