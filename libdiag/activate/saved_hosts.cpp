#include "libdiag/activate/saved_hosts.h"

#include <algorithm>

#include "libdiag/net/name_client.h"
#include "libdiag/proto/dns/domain_name.h"

namespace diag::activate {

HostLookup look_up_hosts(std::span<const slmgr::Dlv> products, const HostLookupSettings& settings) {
    HostLookup out;
    out.discovery = discover::discover(settings.discovery);
    out.evidence.domain = settings.discovery.domain.value_or("");
    if (out.discovery.problem || out.discovery.stopped) return out;
    std::vector<std::string> names = check::host_names(products);
    for (const discover::Host& host : out.discovery.hosts) {
        out.evidence.published.push_back(host.record);
        const bool is_known = std::ranges::any_of(
            names, [&](const std::string& name) { return dns::is_same_name(name, host.record.target); });
        if (!is_known) names.push_back(host.record.target);
    }
    net::NameClient client{{.timeout = settings.discovery.timeout,
                            .v4 = settings.v4,
                            .v6 = settings.v6,
                            .search = false,
                            .servers = settings.discovery.servers,
                            .stop = settings.discovery.stop}};
    client.resolve(names,
                   [&](std::size_t, session::NameEvidence found) { out.evidence.names.push_back(std::move(found)); });
    return out;
}

}  // namespace diag::activate
