#include "libdiag/check/zone_findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "libdiag/check/dns_text.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/dns/names.h"
#include "libdiag/proto/dns/service_name.h"

namespace diag::check {
namespace {

using lang::say;
using session::DnsReply;
using session::NameServer;
using session::ZoneEvidence;
using Findings = std::vector<Finding>;
using ServerNames = std::vector<std::string>;

std::string server_text(const NameServer& server) {
    return fmt::format("{} ({})", server.name, to_string(server.endpoint));
}

void add(Findings& out, const Rule& rule, const ZoneEvidence& zone, std::string title,
         std::vector<std::string> evidence) {
    constexpr std::size_t max_evidence = 12;
    if (evidence.size() > max_evidence) evidence.resize(max_evidence);
    out.push_back({.rule = &rule,
                   .target = zone.domain,
                   .title = std::move(title),
                   .evidence = std::move(evidence),
                   .packets = {}});
    out.back().about.domain = dns::lower_case(zone.domain);
}

std::string no_address_text(const std::string& name) { return say("{}: the name has no address", name); }

std::string lame_text(const NameServer& server) {
    if (!server.serial || !server.serial->rcode()) return say("{}: no answer", server_text(server));
    return say("{}: {}, not authoritative", server_text(server), dns::rcode_name(*server.serial->rcode()));
}

void lame(const ZoneEvidence& zone, Findings& out) {
    std::vector<std::string> texts;
    for (const NameServer& server : zone.servers)
        if (server.is_lame()) texts.push_back(lame_text(server));
    for (const std::string& name : zone.missing_servers) texts.push_back(no_address_text(name));
    if (!texts.empty())
        add(out, rule::dns_lame, zone, say("a name server of {} does not serve it", zone.zone), std::move(texts));
}

// "ns1 (192.0.2.1:53), ns2 (192.0.2.2:53): 7"
template <class Value> std::vector<std::string> texts_of(const std::map<Value, ServerNames>& servers_by_value) {
    std::vector<std::string> texts;
    texts.reserve(servers_by_value.size());
    for (const auto& [value, servers] : servers_by_value)
        texts.push_back(fmt::format("{}: {}", fmt::join(servers, ", "), value));
    return texts;
}

// Equal answers have equal texts.
std::string set_of(const DnsReply& reply) {
    std::string text = record_set_text(reply);
    if (!text.empty()) return text;
    return reply.rcode() ? dns::rcode_name(*reply.rcode()) : std::string{name_of(reply.end)};
}

// What a server that does not serve the zone says besides does not count.
void servers_differ(const ZoneEvidence& zone, Findings& out) {
    std::map<std::string, ServerNames> sets;
    for (const NameServer& server : zone.servers)
        if (!server.is_lame() && server.service) sets[set_of(*server.service)].push_back(server_text(server));
    if (sets.size() > 1)
        add(out, rule::dns_servers_differ, zone, say("name servers give different answers for {}", zone.query),
            texts_of(sets));
}

void serials(const ZoneEvidence& zone, Findings& out) {
    std::map<std::uint32_t, ServerNames> serials;
    for (const NameServer& server : zone.servers)
        if (const auto serial = server.serial_number(); serial && !server.is_lame())
            serials[*serial].push_back(server_text(server));
    if (serials.size() > 1)
        add(out, rule::dns_serials, zone, say("name servers of {} have different serials", zone.zone),
            texts_of(serials));
}

void update_unreachable(const ZoneEvidence& zone, Findings& out) {
    std::vector<std::string> failures;
    if (zone.has_lost_primary) failures.push_back(no_address_text(zone.primary));
    for (const DnsReply& reply : zone.update_path) {
        if (reply.end == session::DnsEnd::answered) continue;
        failures.push_back(
            say("{} over {}: {}", to_string(reply.query.server), name_of(reply.query.transport), name_of(reply.end)));
    }
    if (failures.empty()) return;
    add(out, rule::dns_update_unreachable, zone,
        say("{}, which takes the updates of {}, cannot be reached from here", zone.primary, zone.zone),
        std::move(failures));
}

constexpr Row<ZoneEvidence> rows[] = {
    {&rule::dns_lame, lame},
    {&rule::dns_servers_differ, servers_differ},
    {&rule::dns_serials, serials},
    {&rule::dns_update_unreachable, update_unreachable},
};

}  // namespace

std::span<const Row<ZoneEvidence>> zone_rows() { return rows; }

std::vector<Finding> check_zone(const ZoneEvidence& evidence) {
    std::vector<Finding> findings;
    look(zone_rows(), evidence, findings);
    return findings;
}

}  // namespace diag::check
