#pragma once

#include <vector>

#include "libdiag/check/finding.h"
#include "libdiag/check/live_findings.h"
#include "libdiag/check/outcome.h"
#include "libdiag/dissect/flow.h"
#include "libdiag/session/connect_evidence.h"
#include "libdiag/session/rpc_evidence.h"

namespace diag::check {

/// A conversation that we had with a host ourselves, put into the form in which captures are judged: the same readers and the
/// same rules say what became of it, so a capture of a probe and the probe agree.
///
/// The events of the connection become those of a flow, with times from the evidence. Marks have no packet number that means
/// anything outside (Conversation::live).
class LiveConversation {
public:
    /// `codec`: of the key profile under which the requests were made.
    LiveConversation(const session::ConnectEvidence& connect, const session::RpcEvidence& rpc, kms::Codec& codec);
    LiveConversation(const LiveConversation&) = delete;
    LiveConversation& operator=(const LiveConversation&) = delete;

    /// Views in it live as long as this object.
    const dissect::Conversation& conversation() const { return conversation_; }
    Outcome outcome() const { return outcome_; }
    /// Most important first.
    std::vector<Finding> findings() const;

private:
    void add_connect();
    void add_icmp(const session::IcmpReport& icmp, const Timestamp& at);
    void add_step(const session::RpcStep& step);
    void add_payload(dissect::Side from, Bytes bytes, session::TimePoint at);
    void add_close(dissect::Side from, bool reset, Timestamp at);
    void add(dissect::TcpEvent event, Timestamp at);
    Timestamp clock_of(session::TimePoint at) const;

    session::ConnectEvidence connect_;
    bool lab_keys_;
    std::optional<UselessAnswer> useless_;
    dissect::Flow flow_;
    std::uint32_t next_[2] = {0, 0};  // sequence number of each side's next byte
    std::uint64_t event_count_ = 0;
    dissect::Conversation conversation_;
    Outcome outcome_ = Outcome::complete;
};

}  // namespace diag::check
