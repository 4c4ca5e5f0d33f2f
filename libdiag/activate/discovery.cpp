#include "libdiag/activate/discovery.h"

#include <algorithm>

#include "libdiag/net/name_client.h"
#include "libdiag/net/random_source.h"
#include "libdiag/session/service_order.h"

namespace diag::activate {
namespace {

constexpr std::size_t max_suffix_count = 16;

}  // namespace

Discovery discover(const DiscoverySettings& settings) {
    Discovery found;
    if (settings.host) {
        found.given = true;
        found.hosts.push_back(*settings.host);
        return found;
    }
    found.domain = settings.domain;
    net::NameClient client{{.timeout = settings.timeout, .servers = settings.dns_servers, .stop = settings.stop}};
    std::vector<std::string> suffixes = settings.domain ? std::vector{*settings.domain} : client.search_list();
    if (suffixes.empty()) {
        found.problem = "this machine has no DNS suffix to search for KMS hosts; give HOST[:PORT] or --domain";
        return found;
    }
    if (suffixes.size() > max_suffix_count) suffixes.resize(max_suffix_count);
    net::RandomSource random;
    for (const std::string& suffix : suffixes) {
        found.lookups.push_back(client.look_up_service("_vlmcs._tcp." + suffix));
        const auto records = session::order_services(found.lookups.back().records, [&](auto out) { random.fill(out); });
        for (const session::ServiceRecord& record : records) {
            const auto address = IpAddress::parse(record.target);
            probe::Target host{
                .host = address ? std::string{} : record.target, .address = address, .port = record.port};
            if (std::ranges::find(found.hosts, host) == found.hosts.end()) found.hosts.push_back(std::move(host));
        }
        if (!found.hosts.empty()) break;
    }
    return found;
}

}  // namespace diag::activate
