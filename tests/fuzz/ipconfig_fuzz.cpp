// Saved output of ipconfig, and resolv.conf: any bytes are read or refused within the limits, and what a client would ask is
// a bounded list of names that can be asked.

#include <cstdlib>

#include "libdiag/base/line_text.h"
#include "libdiag/base/saved_text.h"
#include "libdiag/proto/dns/domain_name.h"
#include "libdiag/windows/ipconfig.h"

namespace {

using namespace diag;

void require(bool holds) {
    if (!holds) std::abort();
}

void check_candidates(const session::ClientDns& client) {
    const auto candidates = session::candidate_domains(client);
    require(candidates.size() <= session::max_candidate_count);
    bool assumed = false;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        require(dns::DomainName::parse("_vlmcs._tcp." + candidates[i].domain).has_value());
        require(!assumed || candidates[i].is_assumption);  // they come last
        assumed = candidates[i].is_assumption;
        for (std::size_t j = 0; j < i; ++j) require(!equals_word(candidates[i].domain, candidates[j].domain));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace limits = windows::limits;
    const Bytes file{data, size};
    check_candidates(session::from_resolv_conf(text_of(file), "pc17.corp.example"));
    const auto ipconfig = windows::read_ipconfig(file);
    if (!ipconfig) {
        require(!ipconfig.error().empty() && ipconfig.error().find('\n') == std::string::npos);
        return 0;
    }
    require(ipconfig->adapters.size() <= limits::adapter_count && ipconfig->search_list.size() <= limits::list_size);
    for (const auto& adapter : ipconfig->adapters) {
        require(adapter.addresses.size() <= limits::list_size && adapter.gateways.size() <= limits::list_size);
        require(adapter.dns_servers.size() <= limits::list_size && adapter.search_list.size() <= limits::list_size);
        require(adapter.heading.size() <= limits::ipconfig_line_size);
    }
    check_candidates(windows::client_dns_of(*ipconfig));
    return 0;
}
