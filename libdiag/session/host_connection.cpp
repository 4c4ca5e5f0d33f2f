#include "libdiag/session/host_connection.h"

#include "libdiag/proto/kms/catalogue.h"

namespace diag::session {

HostConnection::HostConnection(KmsHost& host, FaultPlan& plan, RpcServerSettings settings, std::uint32_t assoc_group)
    : calls_{host}, association_{std::move(settings), assoc_group, calls_}, faults_{plan} {}

Actions HostConnection::on_bytes(Bytes segment, Timestamp now) {
    if (has_ended()) return {};
    calls_.set_time(now);
    return faults_.on_replies(association_.on_bytes(segment));
}

BindRules bind_rules_of(const HostSettings& settings) {
    const kms::HostBuild* build = kms::find_host_build(settings.build);
    return {.ndr64 = build == nullptr || build->accepts_ndr64};
}

}  // namespace diag::session
