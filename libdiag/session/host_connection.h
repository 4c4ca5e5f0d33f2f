#pragma once

#include "libdiag/session/fault_injector.h"
#include "libdiag/session/kms_host.h"

namespace diag::session {

/// One connection of the reference host: bytes in, actions out; association, host and faults put together.
///
///     HostConnection connection{host, plan, {.rules = bind_rules_of(host.settings())}, next_group++};
///     auto actions = connection.on_accept();        // then for every segment:
///     actions = connection.on_bytes(segment, now);
class HostConnection {
public:
    /// `host` and `plan` outlive it. `assoc_group`: as for RpcServerAssociation.
    HostConnection(KmsHost& host, FaultPlan& plan, RpcServerSettings settings, std::uint32_t assoc_group);
    HostConnection(const HostConnection&) = delete;  // its parts refer to each other
    HostConnection& operator=(const HostConnection&) = delete;

    Actions on_accept() { return faults_.on_accept(); }
    Actions on_bytes(Bytes segment, Timestamp now);

    /// Nothing more will be sent. A connection that a fault has silenced stays open until the client closes it.
    bool has_ended() const { return faults_.has_ended(); }

private:
    KmsCalls calls_;
    RpcServerAssociation association_;
    FaultInjector faults_;
};

/// NDR64 as hosts of this build have it (from 9200 on).
BindRules bind_rules_of(const HostSettings& settings);

}  // namespace diag::session
