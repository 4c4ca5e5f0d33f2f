#include "libdiag/session/srv_check.h"

#include <algorithm>
#include <iterator>

#include "libdiag/base/hex.h"

namespace diag::session {
namespace {

constexpr std::string_view service = "_vlmcs._tcp.";
// Misspellings that pages and zones really have (knowledge of Microsoft's own pages), and wrong protocols.
constexpr std::string_view near_misses[] = {"_vlmcs._udp.", "_vmlcs._tcp.", "vlmcs._tcp.", "_vlmcs.tcp.", "_vlmcs."};
constexpr std::uint16_t name_error = 3;

std::string without_dot(std::string name) {
    if (name.ends_with('.')) name.pop_back();
    return name;
}

bool is_same(std::string_view a, std::string_view b) {
    const auto x = dns::DomainName::parse(a);
    const auto y = dns::DomainName::parse(b);
    return x && y && dns::is_same_name(*x, *y);
}

// The server failed, so that another one may know better.
bool is_failure(const DnsReply& reply) {
    const auto rcode = reply.rcode();
    return !rcode || (*rcode != 0 && *rcode != name_error);
}

// The end of the chain of CNAMEs that begins at `name`, if one does. Bounded: each step uses up a record.
std::optional<std::string> end_of_chain(const dns::Message& message, const std::string& name) {
    auto at = dns::DomainName::parse(name);
    std::optional<std::string> end;
    for (std::size_t hops = 0; at && hops < message.answers.size(); ++hops) {
        const auto next = std::ranges::find_if(message.answers, [&](const dns::Record& record) {
            return record.type == dns::type::cname && dns::is_same_name(record.name, *at);
        });
        if (next == message.answers.end()) break;
        const auto* target = std::get_if<dns::DomainName>(&next->data);
        if (target == nullptr) break;
        end = dns::to_string(*target);
        at = *target;
    }
    return end;
}

// Of servers that stand twice the first: server_index() is to lead on from each.
void drop_repeated(std::vector<Endpoint>& servers) {
    for (std::size_t i = 0; i < servers.size(); ++i)
        servers.erase(
            std::remove(servers.begin() + static_cast<std::ptrdiff_t>(i) + 1, servers.end(), Endpoint{servers[i]}),
            servers.end());
}

// Records of other names answer another question.
template <class Data> const Data* data_of(const dns::Record& record, const std::optional<dns::DomainName>& owner) {
    const bool is_owned = owner && dns::is_same_name(record.name, *owner);
    return is_owned ? std::get_if<Data>(&record.data) : nullptr;
}

void take_records(const DnsReply& reply, SrvEvidence& evidence) {
    evidence.alias = end_of_chain(reply.message, evidence.query);
    const auto owner = dns::DomainName::parse(evidence.alias.value_or(evidence.query));
    for (const dns::Record& record : reply.message.answers) {
        const auto* srv = data_of<dns::Srv>(record, owner);
        if (srv == nullptr) continue;
        evidence.records.push_back({.priority = srv->priority,
                                    .weight = srv->weight,
                                    .port = srv->port,
                                    .target = dns::to_string(srv->target),
                                    .ttl = record.ttl});
    }
}

}  // namespace

const SrvTarget* find_target(const SrvEvidence& evidence, std::string_view name) {
    const auto found =
        std::ranges::find_if(evidence.targets, [&](const SrvTarget& target) { return is_same(target.name, name); });
    return found == evidence.targets.end() ? nullptr : &*found;
}

SrvCheck::SrvCheck(std::string domain, const SrvCheckSettings& settings, const RandomBytes& random)
    : settings_{settings} {
    drop_repeated(settings_.servers);
    evidence_.domain = without_dot(std::move(domain));
    evidence_.query = std::string{service} + evidence_.domain;
    FixedBytes<8> label{};
    random(label);
    impossible_label_ = "_kms-check-" + to_hex(label) + "._tcp.";
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
    if (is_srv && is_same(reply.query.name, evidence_.query)) return sent(on_srv(std::move(reply)));
    const bool is_target = reply.query.type == dns::type::a || reply.query.type == dns::type::aaaa;
    return sent(is_target ? on_target(std::move(reply)) : on_probe(reply));
}

// Over TCP what did not fit; without EDNS what a server does not understand with it; else the next server.
std::vector<DnsQuery> SrvCheck::ask_again(const DnsReply& reply) const {
    constexpr std::uint16_t format_error = 1, not_implemented = 4;
    DnsQuery again = reply.query;
    if (reply.is_truncated() && reply.query.transport == DnsTransport::udp) {
        again.transport = DnsTransport::tcp;
        return {std::move(again)};
    }
    const bool dislikes_edns = reply.rcode() == format_error || reply.rcode() == not_implemented;
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

// The first server that has a whole answer decides, as for a client, whoever was faster; without one a truncated answer is
// better than none.
std::vector<DnsQuery> SrvCheck::decide() {
    decided_ = true;
    evidence_.answer = find_reply([](const DnsReply& r) { return !is_failure(r) && !r.is_truncated(); });
    if (!evidence_.answer) evidence_.answer = find_reply([](const DnsReply& r) { return r.end == DnsEnd::answered; });
    if (!evidence_.answer) return {};
    take_records(evidence_.replies[*evidence_.answer], evidence_);
    auto queries = follow();
    auto probes = probe_names();
    std::ranges::move(probes, std::back_inserter(queries));
    return queries;
}

template <class Good> std::optional<std::size_t> SrvCheck::find_reply(Good is_good) const {
    for (const Endpoint& server : settings_.servers)
        for (std::size_t i = 0; i < evidence_.replies.size(); ++i)
            if (evidence_.replies[i].query.server == server && is_good(evidence_.replies[i])) return i;
    return std::nullopt;
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
        for (const std::string_view name : near_misses)
            add(SrvProbeName::Kind::near_miss, std::string{name} + evidence_.domain);
    } else {
        add(SrvProbeName::Kind::impossible, impossible_label_ + evidence_.domain);
    }
    return queries;
}

std::vector<DnsQuery> SrvCheck::on_target(DnsReply reply) {
    const auto target =
        std::ranges::find_if(evidence_.targets, [&](const SrvTarget& t) { return is_same(t.name, reply.query.name); });
    if (target == evidence_.targets.end()) return {};
    auto again = ask_again(reply);
    auto end = end_of_chain(reply.message, target->name);
    const auto owner = dns::DomainName::parse(end.value_or(target->name));
    for (const dns::Record& record : reply.message.answers) {
        const auto* address = data_of<IpAddress>(record, owner);
        const bool is_new = address != nullptr && target->addresses.size() < max_followed_count &&
                            std::ranges::find(target->addresses, *address) == target->addresses.end();
        if (is_new) target->addresses.push_back(*address);
    }
    if (end) target->alias_of = std::move(end);
    target->missing = target->missing || reply.rcode() == name_error;
    target->replies.push_back(std::move(reply));
    return again;
}

std::vector<DnsQuery> SrvCheck::on_probe(const DnsReply& reply) {
    const bool found = std::ranges::any_of(
        reply.message.answers, [](const dns::Record& record) { return std::holds_alternative<dns::Srv>(record.data); });
    for (SrvProbeName& probe : evidence_.probes)
        if (is_same(probe.name, reply.query.name)) probe.found = probe.found || (reply.rcode() == 0 && found);
    return {};
}

}  // namespace diag::session
