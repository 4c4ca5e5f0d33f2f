#include "libdiag/discover/discovery.h"

#include <algorithm>

#include "libdiag/check/client_search.h"
#include "libdiag/check/rules.h"
#include "libdiag/check/srv_findings.h"
#include "libdiag/check/target_findings.h"
#include "libdiag/net/dns_client.h"
#include "libdiag/net/host_name.h"
#include "libdiag/net/name_client.h"
#include "libdiag/net/random_source.h"
#include "libdiag/proto/dns/domain_name.h"
#include "libdiag/session/service_order.h"

namespace diag::discover {
namespace {

constexpr const char* no_suffix =
    "this machine has no DNS suffix to search for KMS hosts (a client shows 0x8007007B then); give HOST[:PORT] or "
    "--domain";
constexpr const char* no_server =
    "this machine has no DNS server (a client shows 0x8007267C then); give --server ADDRESS";

// Where a domain names hosts, what else is to be said of the publication is the business of kms-srv.
bool concerns_search(const check::Finding& finding) {
    // Addresses are not asked for here: a dead target is one without a port, or an address in place of a name.
    constexpr const check::Rule* rules[] = {&check::rule::dns_server_skipped, &check::rule::srv_port_zero,
                                            &check::rule::srv_target_literal, &check::rule::srv_target_dead};
    return std::ranges::find(rules, finding.rule) != std::end(rules);
}

class Search {
public:
    explicit Search(const DiscoverySettings& settings)
        : settings_{settings}, client_{{.timeout = settings.timeout, .stop = settings.stop}, [this](auto, auto reply) {
                                           ask(check_->on_reply(std::move(reply)));
                                       }} {}

    Discovery all() {
        out_.domain = settings_.domain;
        const session::ClientDns client =
            settings_.domain ? session::ClientDns{.lookup_domain = settings_.domain} : own_client();
        const auto candidates = session::candidate_domains(client);
        check_settings_.servers_given = !settings_.servers.empty();
        check_settings_.servers = settings_.servers.empty() ? net::system_dns_servers() : settings_.servers;
        if (candidates.empty()) out_.problem = no_suffix;
        if (check_settings_.servers.empty()) out_.problem = no_server;
        for (const session::Candidate& candidate : candidates) {
            if (out_.problem || out_.stopped || is_over_) break;
            look_up(candidate);
        }
        judge();
        return std::move(out_);
    }

private:
    void random(std::span<std::uint8_t> out) { random_.fill(out); }

    void ask(std::vector<session::DnsQuery> queries) {
        for (session::DnsQuery& query : queries) client_.ask(0, std::move(query));
    }

    void look_up(const session::Candidate& candidate) {
        session::SrvCheck check{candidate.domain, check_settings_, [this](auto out) { random(out); }};
        check_ = &check;
        ask(check.start());
        client_.run([] { return net::DnsClient::More{}; });
        out_.stopped = !check.is_over();
        if (out_.stopped) return;
        Lookup& lookup = out_.lookups.emplace_back();
        lookup.candidate = candidate;
        lookup.evidence = std::move(check.evidence());
        lookup.findings = check::check_srv(lookup.evidence, {});
        is_over_ = names_host(lookup.evidence);
        if (!is_over_) return;
        std::erase_if(lookup.findings, [](const auto& finding) { return !concerns_search(finding); });
        if (!candidate.is_assumption) take_hosts(lookup);
    }

    void take_hosts(const Lookup& lookup) {
        const Endpoint server = lookup.evidence.replies[*lookup.evidence.answer].query.server;
        const auto records = session::order_services(lookup.evidence.records, [this](auto out) { random(out); });
        for (const session::ServiceRecord& record : records) {
            const bool is_known = std::ranges::any_of(out_.hosts, [&](const Host& host) {
                return host.record.port == record.port && dns::is_same_name(host.record.target, record.target);
            });
            // An address in place of a name is no name that a client can look up.
            if (record.port == 0 || IpAddress::parse(record.target) || is_known) continue;
            if (out_.hosts.size() == max_host_count) {
                ++out_.left_out_count;
            } else {
                out_.hosts.push_back({.record = record, .domain = lookup.candidate.domain, .server = server});
            }
        }
    }

    // As srv::judge_client() does: a domain without a record is no trouble when a later one has it, one for which DNS fails
    // then stops nobody, and an assumed one is never any.
    void judge() {
        if (out_.lookups.empty()) return;
        const bool is_found = names_host(out_.lookups.back().evidence) && !out_.lookups.back().candidate.is_assumption;
        for (Lookup& lookup : out_.lookups) {
            if (lookup.candidate.is_assumption) {
                lookup.findings.clear();
                if (!names_host(lookup.evidence)) continue;
                for (Lookup& other : out_.lookups) check::note_elsewhere(other.findings, lookup.candidate);
            } else if (is_found && &lookup != &out_.lookups.back()) {
                check::pass_over(lookup.findings, out_.lookups.back().candidate.domain);
            }
        }
    }

    const DiscoverySettings& settings_;
    session::SrvCheckSettings check_settings_{.extras = false, .targets = false};
    net::RandomSource random_;
    net::DnsClient client_;
    session::SrvCheck* check_ = nullptr;  // the one under way
    bool is_over_ = false;
    Discovery out_;
};

}  // namespace

Discovery discover(const DiscoverySettings& settings) { return Search{settings}.all(); }

session::ClientDns own_client() {
    session::ClientDns client = session::from_resolv_conf({}, net::host_name());
    client.search_list = net::NameClient{{}}.search_list();
    return client;
}

bool names_host(const session::SrvEvidence& evidence) {
    if (!evidence.answer || evidence.replies[*evidence.answer].is_truncated()) return false;
    return std::ranges::any_of(evidence.records, [](const auto& r) { return !r.target.empty() && r.target != "."; });
}

std::vector<check::Finding> findings_of(const Discovery& discovery) {
    std::vector<check::Finding> all;
    for (const Lookup& lookup : discovery.lookups)
        all.insert(all.end(), lookup.findings.begin(), lookup.findings.end());
    std::ranges::stable_sort(all, std::ranges::greater{}, check::rank_of);
    return all;
}

}  // namespace diag::discover
