#pragma once

#include <vector>

#include "libdiag/session/actions.h"
#include "libdiag/session/fault_effects.h"

namespace diag::session {

/// The faults of a host, and the numbers by which "the n-th" is known. Outlives its injectors. One thread at a time.
class FaultPlan {
public:
    explicit FaultPlan(std::vector<Fault> faults = {});

    std::uint64_t next_connection() { return ++connection_count_; }
    std::uint64_t next_request() { return ++request_count_; }

    /// Applies, in the order in which they were given, all faults of this stage whose number is `nth`, or that have none.
    void apply(Stage stage, std::uint64_t nth, const Reply* reply, Outgoing& out);

private:
    std::vector<Fault> faults_;
    std::uint64_t connection_count_ = 0;
    std::uint64_t request_count_ = 0;
    kms::Codec codec_;  // of the lab profile, as the host's
};

/// Stands between the RPC association of one connection and the wire: the one place where faults touch bytes. Without
/// faults it turns replies into actions as they are.
///
/// Faults lie on the wire only: the host has counted and logged what it decided.
class FaultInjector {
public:
    explicit FaultInjector(FaultPlan& plan) : plan_{plan}, connection_{plan.next_connection()} {}

    Actions on_accept();
    Actions on_replies(std::vector<Reply> replies);

    bool has_ended() const { return ended_; }  ///< closed, reset or silent: nothing more is sent

private:
    void send(Outgoing&& out, Actions& actions);

    FaultPlan& plan_;
    std::uint64_t connection_;
    bool ended_ = false;
};

}  // namespace diag::session
