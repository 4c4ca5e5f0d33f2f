#include "libdiag/check/known_hosts.h"

#include <algorithm>
#include <optional>

namespace diag::check {
namespace {

constexpr std::uint16_t usual_port = 1688;

// "192.0.2.10" of "192.0.2.10:1688"
std::optional<IpAddress> address_of(std::string_view endpoint) {
    std::string_view host = endpoint.substr(0, endpoint.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return IpAddress::parse(host);
}

}  // namespace

void KnownHosts::add_served(const Endpoint& host) {
    if (host.port != usual_port && served_.size() < max_count) served_.insert(host);
}

void KnownHosts::add_saved(const slmgr::Dlv& dlv, std::string_view source) {
    if (dlv.kms_machine && dlv.kms_ip && dlv.license_status.is(slmgr::LicenseStatus::licensed))
        if (const auto ip = IpAddress::parse(*dlv.kms_ip)) add_served({*ip, dlv.kms_machine->port});
    if (!slmgr::is_kms_host(dlv) || !dlv.listening_port || listening_.size() == max_count) return;
    listening_.insert_or_assign(std::string{source}, static_cast<std::uint16_t>(*dlv.listening_port));
}

bool KnownHosts::may_be_at(std::string_view asked, std::string_view source) const {
    if (std::ranges::any_of(listening_, [](const auto& host) { return host.second == usual_port; })) return false;
    const auto own = listening_.find(source);
    const auto address = address_of(asked);
    if (own == listening_.end() || !address) return true;
    bool is_elsewhere = false;
    for (const Endpoint& host : served_) {
        if (host.port != own->second || host.ip.family != address->family) continue;
        if (host.ip == *address) return true;
        is_elsewhere = true;
    }
    return !is_elsewhere;
}

}  // namespace diag::check
