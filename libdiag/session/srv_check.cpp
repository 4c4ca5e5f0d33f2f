#include "libdiag/session/srv_check.h"

#include <algorithm>
#include <iterator>

#include "libdiag/base/hex.h"
#include "libdiag/proto/dns/service_name.h"

namespace diag::session {
namespace {

constexpr std::size_t min_parent_labels = 2;  // a top-level domain is nobody's

std::string without_dot(std::string name) {
    if (name.ends_with('.')) name.pop_back();
    return name;
}

// Of servers that stand twice the first: server_index() is to lead on from each.
void drop_repeated(std::vector<Endpoint>& servers) {
    for (std::size_t i = 0; i < servers.size(); ++i)
        servers.erase(
            std::remove(servers.begin() + static_cast<std::ptrdiff_t>(i) + 1, servers.end(), Endpoint{servers[i]}),
            servers.end());
}

}  // namespace

SrvCheck::SrvCheck(std::string domain, const SrvCheckSettings& settings, const RandomBytes& random)
    : settings_{settings} {
    drop_repeated(settings_.servers);
    evidence_.domain = without_dot(std::move(domain));
    evidence_.servers_given = settings.servers_given;
    evidence_.query = std::string{dns::service_prefix} + evidence_.domain;
    FixedBytes<8> label{};
    random(label);
    impossible_label_ = std::string{dns::impossible_prefix} + to_hex(label) + "._tcp.";
}

DnsQuery SrvCheck::query_for(const std::string& name, std::uint16_t type, std::size_t server) const {
    return {.server = settings_.servers[server],
            .name = name,
            .type = type,
            .recursion_desired = settings_.recursion_desired};
}

std::vector<DnsQuery> SrvCheck::sent(std::vector<DnsQuery> queries) {
    open_count_ += queries.size();
    return queries;
}

std::size_t SrvCheck::server_index(const DnsQuery& query) const {
    return static_cast<std::size_t>(std::ranges::find(settings_.servers, query.server) - settings_.servers.begin());
}

std::vector<DnsQuery> SrvCheck::start() {
    const std::size_t count = settings_.every_server ? settings_.servers.size() : 1;
    std::vector<DnsQuery> queries;
    for (std::size_t i = 0; i < count; ++i) queries.push_back(query_for(evidence_.query, dns::type::srv, i));
    open_srv_count_ = queries.size();
    return sent(std::move(queries));
}

std::vector<DnsQuery> SrvCheck::on_reply(DnsReply reply) {
    --open_count_;
    // By its type as well: a record may name itself as the host.
    const bool is_srv = reply.query.type == dns::type::srv;
    if (is_srv && dns::is_same_name(reply.query.name, evidence_.query)) return sent(on_srv(std::move(reply)));
    const bool is_target = reply.query.type == dns::type::a || reply.query.type == dns::type::aaaa;
    return sent(is_target ? on_target(std::move(reply)) : on_probe(reply));
}

// Over TCP what did not fit; without EDNS what a server does not understand with it; else the next server.
std::vector<DnsQuery> SrvCheck::ask_again(const DnsReply& reply) const {
    DnsQuery again = reply.query;
    if (reply.is_truncated() && reply.query.transport == DnsTransport::udp) {
        again.transport = DnsTransport::tcp;
        return {std::move(again)};
    }
    const bool dislikes_edns =
        reply.rcode() == dns::rcode::format_error || reply.rcode() == dns::rcode::not_implemented;
    if (dislikes_edns && reply.query.edns) {
        again.edns = false;
        return {std::move(again)};
    }
    const std::size_t next = server_index(reply.query) + 1;
    if (settings_.every_server || !is_failure(reply) || next >= settings_.servers.size()) return {};
    again.server = settings_.servers[next];
    again.transport = DnsTransport::udp;
    again.edns = true;
    return {std::move(again)};
}

std::vector<DnsQuery> SrvCheck::on_srv(DnsReply reply) {
    auto again = ask_again(reply);
    evidence_.replies.push_back(std::move(reply));
    if (!again.empty()) return again;
    --open_srv_count_;
    return open_srv_count_ == 0 && !decided_ ? decide() : std::vector<DnsQuery>{};
}

std::vector<DnsQuery> SrvCheck::decide() {
    decided_ = true;
    evidence_.answer = deciding_reply(evidence_, settings_.servers);
    if (!evidence_.answer) return {};
    take_records(evidence_);
    auto queries = follow();
    auto probes = probe_names();
    std::ranges::move(probes, std::back_inserter(queries));
    return queries;
}

std::vector<DnsQuery> SrvCheck::follow() {
    if (!settings_.targets) return {};
    std::vector<DnsQuery> queries;
    const std::size_t server = server_index(evidence_.replies[*evidence_.answer].query);
    for (const ServiceRecord& record : evidence_.records) {
        if (record.target == "." || find_target(evidence_, record.target) != nullptr) continue;
        if (evidence_.targets.size() == max_followed_count) {
            ++evidence_.unfollowed_count;
            continue;
        }
        evidence_.targets.emplace_back().name = record.target;
        if (settings_.v4) queries.push_back(query_for(record.target, dns::type::a, server));
        if (settings_.v6) queries.push_back(query_for(record.target, dns::type::aaaa, server));
    }
    return queries;
}

std::vector<DnsQuery> SrvCheck::probe_names() {
    if (!settings_.extras) return {};
    std::vector<DnsQuery> queries;
    const std::size_t server = server_index(evidence_.replies[*evidence_.answer].query);
    const auto add = [&](SrvProbeName::Kind kind, std::string name) {
        queries.push_back(query_for(name, dns::type::srv, server));
        evidence_.probes.push_back({.kind = kind, .name = std::move(name)});
    };
    if (evidence_.records.empty()) {
        for (const std::string_view name : dns::near_miss_prefixes)
            add(SrvProbeName::Kind::near_miss, std::string{name} + evidence_.domain);
        // Without its final dot in a zone file.
        add(SrvProbeName::Kind::near_miss, evidence_.query + "." + evidence_.domain);
        for (const std::string& domain : other_domains())
            add(SrvProbeName::Kind::other_domain, std::string{dns::service_prefix} + domain);
    } else {
        add(SrvProbeName::Kind::impossible, impossible_label_ + evidence_.domain);
    }
    return queries;
}

// The parents, nearest first, then those of the settings.
std::vector<std::string> SrvCheck::other_domains() const {
    std::vector<std::string> domains;
    const auto name = dns::DomainName::parse(evidence_.domain);
    const auto labels = name ? name->labels() : std::vector<Bytes>{};
    for (std::size_t skip = 1; skip + min_parent_labels <= labels.size() && domains.size() < max_parent_count; ++skip) {
        dns::DomainName parent;
        for (std::size_t i = skip; i < labels.size(); ++i) parent.append(labels[i]);
        domains.push_back(dns::to_string(parent));
    }
    for (const std::string& other : settings_.other_domains) {
        if (domains.size() >= max_parent_count + max_other_domain_count) break;
        const bool is_known =
            dns::is_same_name(other, evidence_.domain) ||
            std::ranges::any_of(domains, [&](const std::string& domain) { return dns::is_same_name(domain, other); });
        if (!is_known) domains.push_back(other);
    }
    return domains;
}

std::vector<DnsQuery> SrvCheck::on_target(DnsReply reply) {
    const auto target = std::ranges::find_if(
        evidence_.targets, [&](const SrvTarget& t) { return dns::is_same_name(t.name, reply.query.name); });
    if (target == evidence_.targets.end()) return {};
    auto again = ask_again(reply);
    take_target_reply(*target, std::move(reply));
    return again;
}

std::vector<DnsQuery> SrvCheck::on_probe(const DnsReply& reply) {
    take_probe_reply(evidence_, reply);
    return {};
}

}  // namespace diag::session
