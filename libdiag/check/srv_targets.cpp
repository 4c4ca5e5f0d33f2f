// A host that a record names: its addresses, and what its name is.
#include <algorithm>

#include "libdiag/check/rules.h"
#include "libdiag/check/srv_rows.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/dns/service_name.h"

namespace diag::check {
namespace {

using lang::say;
using lang::tr;
using session::DnsReply;
using session::SrvTarget;
using Findings = std::vector<Finding>;

bool is_doubled(const std::string& target, const std::string& domain) {
    return dns::lower_case(target).ends_with(dns::lower_case("." + domain + "." + domain));
}

bool asks_only(const SrvTarget& target, std::uint16_t type) {
    return std::ranges::all_of(target.replies, [type](const DnsReply& r) { return r.query.type == type; });
}

// What was asked for is missing: of the other family nothing is known.
std::string no_address_title(const TargetEvidence& t) {
    const std::string& name = t.target.name;
    const std::string& domain = t.domain.srv.domain;
    if (std::ranges::all_of(t.target.replies, session::is_failure))
        return say("no DNS server gives an address of {}, the published host of {}", name, domain);
    if (!t.target.missing && asks_only(t.target, dns::type::a))
        return say("the published host {} of {} has no IPv4 address", name, domain);
    if (!t.target.missing && asks_only(t.target, dns::type::aaaa))
        return say("the published host {} of {} has no IPv6 address", name, domain);
    return say("the published host {} of {} has no address", name, domain);
}

template <const Rule& which> void no_address(const TargetEvidence& t, Findings& out) {
    const bool is_about_last = &which == &rule::srv_target_no_address;
    if (t.another_has_address == is_about_last || may_have_address(t.target) || is_literal(t.target.name)) return;
    Finding& finding = add(out, which, t.domain, no_address_title(t), Proof{t.target.replies});
    if (is_doubled(t.target.name, t.domain.srv.domain)) {
        finding.likely_cause = 1;
        finding.likely_remedy = is_about_last ? 1 : 0;
        finding.evidence.emplace_back(
            tr("the domain stands twice in the name: a final dot is missing in the zone file"));
    } else if (!t.target.missing && is_about_last) {
        finding.likely_cause = 2;
    }
    if (t.target.name.find("\\032") != std::string::npos)
        finding.evidence.emplace_back(
            tr("there is a blank (\\032) in the name, which nobody sees in a list of records"));
}

void alias(const TargetEvidence& t, Findings& out) {
    if (!t.target.alias_of) return;
    add(out, rule::srv_target_alias, t.domain,
        say("the published host {} is an alias for {}", t.target.name, *t.target.alias_of), Proof{t.target.replies});
}

void outside(const TargetEvidence& t, Findings& out) {
    const std::string& domain = t.domain.srv.domain;
    const bool is_inside = dns::is_same_name(t.target.name, domain) ||
                           dns::lower_case(t.target.name).ends_with("." + dns::lower_case(domain));
    if (is_inside) return;
    add(out, rule::srv_target_outside, t.domain, say("the published host {} is not in {}", t.target.name, domain), {});
}

bool is_private(const IpAddress& a) {
    if (a.family == IpAddress::Family::v6)
        return (a.octets[0] & 0xFE) == 0xFC || (a.octets[0] == 0xFE && (a.octets[1] & 0xC0) == 0x80);
    return a.octets[0] == 10 || (a.octets[0] == 172 && (a.octets[1] & 0xF0) == 16) ||
           (a.octets[0] == 192 && a.octets[1] == 168) || (a.octets[0] == 169 && a.octets[1] == 254);
}

bool is_global(const IpAddress& a) {
    if (is_private(a)) return false;
    if (a.family == IpAddress::Family::v6) return (a.octets[0] & 0xE0) == 0x20;
    return a.octets[0] != 0 && a.octets[0] != 127 && a.octets[0] < 224;
}

void private_address(const TargetEvidence& t, Findings& out) {
    const DnsReply* reply = t.domain.srv.decisive();
    if (reply == nullptr || !is_global(reply->query.server.ip)) return;
    const auto address = std::ranges::find_if(t.target.addresses, is_private);
    if (address == t.target.addresses.end()) return;
    const std::string server = to_string(reply->query.server.ip);
    Proof proof{t.target.replies};
    proof.texts.push_back(
        say("taken for public, because the DNS server that answered has a public address ({}); if it serves your own "
            "network only, all is well",
            server));
    add(out, rule::srv_private_address, t.domain,
        say("{} publishes the private address {} of {}", server, to_string(*address), t.target.name), std::move(proof));
}

constexpr Row<TargetEvidence> rows[] = {
    {&rule::srv_target_no_address, no_address<rule::srv_target_no_address>},
    {&rule::srv_target_dead, no_address<rule::srv_target_dead>},
    {&rule::srv_target_alias, alias},
    {&rule::srv_target_outside, outside},
    {&rule::srv_private_address, private_address},
};

}  // namespace

std::span<const Row<TargetEvidence>> srv_target_rows() { return rows; }

}  // namespace diag::check
