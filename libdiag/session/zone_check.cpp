#include "libdiag/session/zone_check.h"

#include <algorithm>
#include <iterator>

namespace diag::session {
namespace {

std::string without_dot(std::string name) {
    if (name.ends_with('.')) name.pop_back();
    return name;
}

const dns::Record* find_soa(const std::vector<dns::Record>& records) {
    const auto found =
        std::ranges::find_if(records, [](const dns::Record& r) { return std::holds_alternative<dns::Soa>(r.data); });
    return found == records.end() ? nullptr : &*found;
}

}  // namespace

bool NameServer::is_lame() const { return !serial || serial->rcode() != 0 || !serial->is_authoritative(); }

std::optional<std::uint32_t> NameServer::serial_number() const {
    if (is_lame()) return std::nullopt;
    const dns::Record* soa = find_soa(serial->message.answers);
    return soa == nullptr ? std::nullopt : std::optional{std::get<dns::Soa>(soa->data).serial};
}

ZoneCheck::ZoneCheck(std::string domain, const ZoneCheckSettings& settings) : settings_{settings} {
    evidence_.domain = without_dot(std::move(domain));
    evidence_.query = "_vlmcs._tcp." + evidence_.domain;
}

DnsQuery ZoneCheck::ask_resolver(const std::string& name, std::uint16_t type) const {
    return {.server = settings_.resolver, .name = name, .type = type};
}

std::vector<DnsQuery> ZoneCheck::sent(std::vector<DnsQuery> queries) {
    open_count_ += queries.size();
    return queries;
}

// The SOA of the zone that would hold the record stands in the answer or, mostly, in the authority section.
std::vector<DnsQuery> ZoneCheck::start() { return sent({ask_resolver(evidence_.query, dns::type::soa)}); }

std::vector<DnsQuery> ZoneCheck::on_reply(DnsReply reply) {
    --open_count_;
    return sent(take(std::move(reply)));
}

std::vector<DnsQuery> ZoneCheck::take(DnsReply reply) {
    if (reply.query.server != settings_.resolver || !reply.query.recursion_desired) {
        const bool is_update_path = dns::is_same_name(reply.query.name, evidence_.zone) && reply.query.edns == false;
        if (is_update_path) {
            evidence_.update_path.push_back(std::move(reply));
            return {};
        }
        for (NameServer& server : evidence_.servers) {
            if (server.endpoint != reply.query.server) continue;
            auto& place = reply.query.type == dns::type::srv ? server.service : server.serial;
            place = std::move(reply);
            break;
        }
        return {};
    }
    std::vector<DnsQuery> queries;
    switch (reply.query.type) {
        case dns::type::soa: queries = on_zone(reply); break;
        case dns::type::ns: queries = on_servers(reply); break;
        default: queries = on_address(reply);
    }
    evidence_.replies.push_back(std::move(reply));
    return queries;
}

std::vector<DnsQuery> ZoneCheck::on_zone(const DnsReply& reply) {
    const dns::Record* soa = find_soa(reply.message.answers);
    if (soa == nullptr) soa = find_soa(reply.message.authorities);
    if (soa == nullptr) return {};
    evidence_.zone = dns::to_string(soa->name);
    evidence_.primary = dns::to_string(std::get<dns::Soa>(soa->data).mname);
    std::vector<DnsQuery> queries;
    if (settings_.authoritative) queries.push_back(ask_resolver(evidence_.zone, dns::type::ns));
    if (settings_.update_path) add_server(evidence_.primary, queries);
    return queries;
}

// Null when there are too many of them.
ZoneCheck::Server* ZoneCheck::add_server(const std::string& name, std::vector<DnsQuery>& queries) {
    const auto known = std::ranges::find_if(servers_, [&](const Server& s) { return dns::is_same_name(s.name, name); });
    if (known != servers_.end()) return &*known;
    if (servers_.size() >= max_name_server_count) return nullptr;
    Server& server = servers_.emplace_back();
    server.name = name;
    const auto ask = [&](std::uint16_t type) {
        queries.push_back(ask_resolver(name, type));
        ++server.open_count;
    };
    if (settings_.v4) ask(dns::type::a);
    if (settings_.v6) ask(dns::type::aaaa);
    return &server;
}

std::vector<DnsQuery> ZoneCheck::on_servers(const DnsReply& reply) {
    std::vector<DnsQuery> queries;
    for (const dns::Record& record : reply.message.answers) {
        const auto* name = std::get_if<dns::DomainName>(&record.data);
        if (name == nullptr || record.type != dns::type::ns) continue;
        const std::size_t asked_count = queries.size();
        Server* server = add_server(dns::to_string(*name), queries);
        if (server == nullptr || server->is_listed) continue;
        server->is_listed = true;
        const bool is_known =
            queries.size() == asked_count && server->open_count == 0;  // the primary, looked up before
        if (is_known) std::ranges::move(ask_zone(*server), std::back_inserter(queries));
    }
    return queries;
}

std::vector<DnsQuery> ZoneCheck::on_address(const DnsReply& reply) {
    const auto server =
        std::ranges::find_if(servers_, [&](const Server& s) { return dns::is_same_name(s.name, reply.query.name); });
    if (server == servers_.end() || server->open_count == 0) return {};
    for (const dns::Record& record : reply.message.answers) {
        const auto* address = std::get_if<IpAddress>(&record.data);
        if (address != nullptr && server->addresses.size() < max_server_address_count)
            server->addresses.push_back(*address);
    }
    if (--server->open_count > 0) return {};
    std::vector<DnsQuery> queries;
    if (server->is_listed) queries = ask_zone(*server);
    if (settings_.update_path && dns::is_same_name(server->name, evidence_.primary))
        std::ranges::move(ask_update_path(*server), std::back_inserter(queries));
    return queries;
}

// What it says of the zone, at each of its addresses.
std::vector<DnsQuery> ZoneCheck::ask_zone(const Server& server) {
    if (server.addresses.empty()) evidence_.missing_servers.push_back(server.name);
    std::vector<DnsQuery> queries;
    for (const IpAddress& address : server.addresses) {
        const Endpoint endpoint{address, settings_.port};
        evidence_.servers.push_back({.name = server.name, .endpoint = endpoint, .service = {}, .serial = {}});
        for (const std::uint16_t type : {dns::type::srv, dns::type::soa})
            queries.push_back({.server = endpoint,
                               .name = type == dns::type::srv ? evidence_.query : evidence_.zone,
                               .type = type,
                               .recursion_desired = false});
    }
    return queries;
}

std::vector<DnsQuery> ZoneCheck::ask_update_path(const Server& server) {
    evidence_.has_lost_primary = server.addresses.empty();
    std::vector<DnsQuery> queries;
    for (const IpAddress& address : server.addresses)
        for (const DnsTransport transport : {DnsTransport::udp, DnsTransport::tcp})
            queries.push_back({.server = {address, settings_.port},
                               .name = evidence_.zone,
                               .type = dns::type::soa,
                               .recursion_desired = false,
                               .edns = false,  // an update has no EDNS either
                               .transport = transport});
    return queries;
}

}  // namespace diag::session
