// What the rows of srv_findings share: the facts that several of them ask for, and how they put what they found.
#include <fmt/format.h>

#include <algorithm>

#include "libdiag/check/dns_text.h"
#include "libdiag/check/srv_rows.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/dns/service_name.h"

namespace diag::check {
namespace {

using session::DnsEnd;
using session::DnsReply;
using session::ServiceRecord;
using session::SrvEvidence;
using session::SrvTarget;

constexpr std::size_t max_evidence = 12;

bool names_usable(const SrvEvidence& srv) {
    return std::ranges::any_of(srv.records, [&](const ServiceRecord& r) {
        const SrvTarget* target = session::find_target(srv, r.target);
        return names_host(r) && r.port != 0 && !is_literal(r.target) &&
               (target == nullptr || may_have_address(*target));
    });
}

bool is_blocked_over_tcp(const SrvEvidence& srv) {
    const bool by_tcp = std::ranges::any_of(srv.replies, [](const DnsReply& r) {
        return r.query.transport == session::DnsTransport::tcp &&
               (r.end == DnsEnd::answered || r.end == DnsEnd::malformed);
    });
    return srv.answer && srv.replies[*srv.answer].is_truncated() && !by_tcp;
}

bool has_probe(const SrvEvidence& srv, session::SrvProbeName::Kind kind) {
    return std::ranges::any_of(srv.probes, [&](const auto& probe) { return probe.kind == kind && probe.found; });
}

bool is_loopback(const IpAddress& a) {
    if (a.family == IpAddress::Family::v4) return a.octets[0] == 127;
    return a == *IpAddress::parse("::1");
}

// Where none is configured the one of this machine itself is asked (resolv.conf(5)).
bool has_no_server(const SrvEvidence& srv) {
    return !srv.servers_given && !srv.replies.empty() && std::ranges::all_of(srv.replies, [](const DnsReply& r) {
        return r.end == DnsEnd::unreachable && is_loopback(r.query.server.ip);
    });
}

NoHost no_host_by_rcode(std::uint16_t rcode) {
    switch (rcode) {
        case dns::rcode::name_error: return NoHost::name_error;
        case dns::rcode::no_error: return NoHost::no_data;
        case dns::rcode::refused: return NoHost::refused;
        default: return NoHost::other_rcode;
    }
}

NoHost why_no_host(const SrvEvidence& srv, bool is_tcp_blocked) {
    using Kind = session::SrvProbeName::Kind;
    if (has_probe(srv, Kind::near_miss)) return NoHost::near_miss;
    if (is_tcp_blocked) return NoHost::tcp_blocked;
    if (!srv.records.empty()) return NoHost::denied;
    if (has_probe(srv, Kind::other_domain)) return NoHost::other_domain;
    const DnsReply* reply = srv.decisive();
    if (reply == nullptr) return NoHost::silent;
    if (reply->is_truncated()) return NoHost::cut;
    if (const auto rcode = reply->rcode()) return no_host_by_rcode(*rcode);
    if (reply->end == DnsEnd::bad_name) return NoHost::bad_name;
    if (reply->end == DnsEnd::malformed) return NoHost::malformed;
    return has_no_server(srv) ? NoHost::no_server : NoHost::silent;
}

}  // namespace

DomainEvidence::DomainEvidence(const SrvEvidence& srv_in, const std::vector<ExpectedHost>& expected_in)
    : srv{srv_in},
      expected{expected_in},
      names_host{std::ranges::any_of(srv.records, check::names_host)},
      names_usable_host{names_usable(srv)},
      is_tcp_blocked{is_blocked_over_tcp(srv)},
      no_host{names_host ? NoHost::no : why_no_host(srv, is_tcp_blocked)} {}

void Proof::add(const DnsReply& reply) {
    if (texts.size() >= max_evidence) return;
    texts.push_back(reply_text(reply));
    texts.insert(texts.end(), reply.captured.remarks.begin(), reply.captured.remarks.end());
    packets.insert(packets.end(), reply.captured.packets.begin(), reply.captured.packets.end());
}

Finding& add(std::vector<Finding>& out, const Rule& rule, const DomainEvidence& domain, std::string title,
             Proof proof) {
    const SrvEvidence& srv = domain.srv;
    if (proof.texts.size() > max_evidence) proof.texts.resize(max_evidence);
    // What is said of records goes by the answer that has them.
    if (proof.packets.empty() && srv.decisive() != nullptr) proof.packets = srv.decisive()->captured.packets;
    std::ranges::sort(proof.packets);
    const auto repeated = std::ranges::unique(proof.packets);
    proof.packets.erase(repeated.begin(), repeated.end());
    out.push_back({.rule = &rule,
                   .target = srv.domain.empty() ? srv.query : srv.domain,
                   .title = std::move(title),
                   .evidence = std::move(proof.texts),
                   .packets = std::move(proof.packets)});
    out.back().about.domain = dns::lower_case(srv.domain);
    return out.back();
}

std::string record_text(const ServiceRecord& r) {
    return lang::say("{}:{}, priority {}, weight {}, TTL {} s", r.target, r.port, r.priority, r.weight, r.ttl);
}

bool names_host(const ServiceRecord& record) { return !record.target.empty() && record.target != "."; }

bool is_literal(const std::string& target) { return IpAddress::parse(target).has_value(); }

bool may_have_address(const SrvTarget& target) { return !target.addresses.empty() || target.replies.empty(); }

}  // namespace diag::check
