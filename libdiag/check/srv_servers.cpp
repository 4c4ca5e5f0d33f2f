// What else answers in a domain, and what each of the DNS servers says.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "libdiag/check/dns_text.h"
#include "libdiag/check/rules.h"
#include "libdiag/check/srv_rows.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/dns/names.h"

namespace diag::check {
namespace {

using lang::say;
using lang::tr;
using session::DnsEnd;
using session::DnsReply;
using session::SrvEvidence;
using Findings = std::vector<Finding>;

void name_alias(const DomainEvidence& d, Findings& out) {
    if (!d.names_host || !d.srv.alias) return;
    add(out, rule::srv_name_alias, d, say("{} is an alias for {}", d.srv.query, *d.srv.alias), Proof{d.srv.replies});
}

void wildcard(const DomainEvidence& d, Findings& out) {
    if (!d.names_host) return;
    for (const auto& probe : d.srv.probes)
        if (probe.kind == session::SrvProbeName::Kind::impossible && probe.found)
            add(out, rule::srv_wildcard, d, say("{} answers with an SRV record for any name", d.srv.domain),
                say("SRV {}, which nobody has published: there is a record", probe.name));
}

// Equal answers have equal texts.
std::string set_of(const DnsReply& reply) {
    if (reply.rcode() != dns::rcode::no_error) return dns::rcode_name(*reply.rcode());
    std::string text = record_set_text(reply);
    return text.empty() ? std::string{tr("no record")} : text;
}

bool is_whole(const DnsReply& reply) { return reply.end == DnsEnd::answered && !reply.is_truncated(); }

bool has_worked(const SrvEvidence& srv) { return srv.answer && !session::is_failure(srv.replies[*srv.answer]); }

void servers_differ(const DomainEvidence& d, Findings& out) {
    if (d.srv.replies.size() < 2 || !has_worked(d.srv) || std::ranges::any_of(d.srv.replies, session::is_failure))
        return;
    std::map<std::string, std::string> last;  // by server: what it said in the end
    Proof proof;
    for (const DnsReply& reply : d.srv.replies) {
        if (!is_whole(reply)) continue;
        last[to_string(reply.query.server)] = set_of(reply);
        proof.add(reply);
    }
    std::set<std::string> sets;
    proof.texts.clear();
    for (const auto& [server, set] : last) {
        sets.insert(set);
        proof.texts.push_back(fmt::format("{}: {}", server, set));
    }
    if (sets.size() < 2) return;
    add(out, rule::dns_servers_differ, d, say("DNS servers give different answers for {}", d.srv.query),
        std::move(proof));
}

// A server that at first did not like the form of the question is no failed one.
void server_skipped(const DomainEvidence& d, Findings& out) {
    if (d.srv.replies.size() < 2 || !has_worked(d.srv)) return;
    const Endpoint& good = d.srv.replies[*d.srv.answer].query.server;
    if (std::ranges::all_of(d.srv.replies, [&](const DnsReply& r) { return r.query.server == good; })) return;
    Proof failed;
    for (const DnsReply& reply : d.srv.replies)
        if (session::is_failure(reply)) failed.add(reply);
    if (failed.texts.empty()) return;
    add(out, rule::dns_server_skipped, d, say("a DNS server fails for {}; another one answers", d.srv.query),
        std::move(failed));
}

constexpr Row<DomainEvidence> rows[] = {
    {&rule::srv_name_alias, name_alias},
    {&rule::srv_wildcard, wildcard},
    {&rule::dns_servers_differ, servers_differ},
    {&rule::dns_server_skipped, server_skipped},
};

}  // namespace

std::span<const Row<DomainEvidence>> srv_server_rows() { return rows; }

}  // namespace diag::check
