// No record names a host: why?
#include <fmt/format.h>

#include <algorithm>

#include "libdiag/check/rules.h"
#include "libdiag/check/srv_rows.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/dns/names.h"
#include "libdiag/proto/dns/service_name.h"

namespace diag::check {
namespace {

using lang::say;
using lang::tr;
using session::DnsEnd;
using session::DnsReply;
using session::SrvEvidence;
using Kind = session::SrvProbeName::Kind;
using Findings = std::vector<Finding>;

std::string probe_text(const session::SrvProbeName& probe) {
    return say("SRV {}: there is a record, {}", probe.name, probe.target);
}

const session::SrvProbeName& first_found(const SrvEvidence& srv, Kind kind) {
    return *std::ranges::find_if(srv.probes, [&](const auto& probe) { return probe.kind == kind && probe.found; });
}

// That there are no records of this type is another code than that there is no such name.
void take_code(Finding& finding, const SrvEvidence& srv) {
    if (srv.decisive() != nullptr && srv.decisive()->rcode() == dns::rcode::no_error)
        finding.windows_code = no_records_code;
}

void near_miss(const DomainEvidence& d, Findings& out) {
    if (d.no_host != NoHost::near_miss) return;
    const auto& probe = first_found(d.srv, Kind::near_miss);
    Proof proof{d.srv.replies};
    proof.texts.push_back(probe_text(probe));
    if (probe.name.find("\\032") != std::string::npos)
        proof.texts.emplace_back(tr("\\032 is a blank at the end of a label, which nobody sees in a list of records"));
    take_code(add(out, rule::srv_near_miss, d, say("{} has no KMS record, but one under {}", d.srv.domain, probe.name),
                  std::move(proof)),
              d.srv);
}

std::string_view domain_of(std::string_view query) {
    return query.starts_with(dns::service_prefix) ? query.substr(dns::service_prefix.size()) : query;
}

void other_domain(const DomainEvidence& d, Findings& out) {
    if (d.no_host != NoHost::other_domain) return;
    Proof proof{d.srv.replies};
    for (const auto& probe : d.srv.probes)
        if (probe.kind == Kind::other_domain && probe.found) proof.texts.push_back(probe_text(probe));
    const auto other = domain_of(first_found(d.srv, Kind::other_domain).name);
    take_code(add(out, rule::srv_other_domain, d, say("{} has no KMS record, and {} has one", d.srv.domain, other),
                  std::move(proof)),
              d.srv);
}

// Also where there is a record: what a truncated answer has does not count (RFC 2181 9).
void tcp_blocked(const DomainEvidence& d, Findings& out) {
    if (d.no_host != NoHost::tcp_blocked && !(d.names_host && d.is_tcp_blocked)) return;
    add(out, rule::dns_tcp_blocked, d, say("the answer for {} is truncated, and over TCP no answer comes", d.srv.query),
        Proof{d.srv.replies});
}

void no_record(const DomainEvidence& d, Findings& out) {
    const auto add_with = [&](std::string title, Proof proof) -> Finding& {
        return add(out, rule::dns_no_record, d, std::move(title), std::move(proof));
    };
    switch (d.no_host) {
        case NoHost::denied:
            add_with(say("{} says that there is no KMS host: its SRV record names '.'", d.srv.domain),
                     Proof{d.srv.replies});
            return;
        case NoHost::name_error:
            add_with(say("DNS has no record {}: NXDOMAIN", d.srv.query), Proof{d.srv.replies});
            return;
        case NoHost::no_data: {
            Finding& finding = add_with(say("DNS has no SRV record {}", d.srv.query), Proof{d.srv.replies});
            finding.windows_code = no_records_code;
            if (d.srv.alias) finding.evidence.push_back(say("the name is an alias for {}", *d.srv.alias));
            return;
        }
        case NoHost::bad_name: add_with(say("'{}' cannot be asked for: it is no DNS name", d.srv.domain), {}); return;
        default: return;
    }
}

void refused(const DomainEvidence& d, Findings& out) {
    if (d.no_host != NoHost::refused) return;
    add(out, rule::dns_refused, d, say("the DNS server refuses to answer for {}", d.srv.query), Proof{d.srv.replies});
}

std::optional<std::string> failure_title(const DomainEvidence& d) {
    switch (d.no_host) {
        case NoHost::cut: return say("the DNS server has no whole answer for {}, not even over TCP", d.srv.query);
        case NoHost::other_rcode:
            return say("the DNS server answers for {} with {}", d.srv.query,
                       dns::rcode_name(*d.srv.decisive()->rcode()));
        case NoHost::malformed: return say("the DNS server answers for {} with nonsense", d.srv.query);
        default: return std::nullopt;
    }
}

void server_failure(const DomainEvidence& d, Findings& out) {
    if (auto title = failure_title(d)) add(out, rule::dns_server_failure, d, std::move(*title), Proof{d.srv.replies});
}

void no_answer(const DomainEvidence& d, Findings& out) {
    constexpr std::uint32_t no_servers_code = 0x8007267C;  // DNS_ERROR_NO_DNS_SERVERS
    if (d.no_host == NoHost::no_server) {
        std::string title{tr("no DNS server is configured, and none listens on this machine")};
        add(out, rule::dns_no_answer, d, std::move(title), Proof{d.srv.replies}).windows_code = no_servers_code;
    }
    if (d.no_host != NoHost::silent) return;
    Finding& finding =
        add(out, rule::dns_no_answer, d, say("no DNS server answers for {}", d.srv.query), Proof{d.srv.replies});
    const bool all_unreachable =
        std::ranges::all_of(d.srv.replies, [](const DnsReply& r) { return r.end == DnsEnd::unreachable; });
    if (d.srv.replies.empty() || !all_unreachable) return;
    finding.likely_cause = 1;  // nobody was silent: the service or the machine is not there
    finding.likely_remedy = 2;
}

// Who serves no zone of that name asks the root servers. An answer from a zone below the root is no leak.
void single_label(const DomainEvidence& d, Findings& out) {
    if (d.names_host) return;
    const auto domain = dns::DomainName::parse(d.srv.domain);
    const DnsReply* reply = d.srv.decisive();
    const auto rcode = reply == nullptr ? std::nullopt : reply->rcode();
    if (!domain || domain->labels().size() != 1 || (rcode != dns::rcode::no_error && rcode != dns::rcode::name_error))
        return;
    const auto soa = std::ranges::find_if(reply->message.authorities, [](const dns::Record& record) {
        return std::holds_alternative<dns::Soa>(record.data);
    });
    const bool has_zone = soa != reply->message.authorities.end();
    // Authority without an SOA is over a zone of its own; with that of the root it is the root servers' own.
    if (has_zone ? !soa->name.is_root() : reply->is_authoritative()) return;
    add(out, rule::srv_single_label, d,
        say("{} is a single label: nobody but the root servers can be asked for it", d.srv.domain),
        std::string{has_zone ? tr("the answer is one of the root zone (SOA .)")
                             : tr("the answer does not say of which zone it is")});
}

constexpr Row<DomainEvidence> rows[] = {
    {&rule::srv_near_miss, near_miss},     {&rule::srv_other_domain, other_domain},
    {&rule::dns_tcp_blocked, tcp_blocked}, {&rule::dns_no_record, no_record},
    {&rule::dns_refused, refused},         {&rule::dns_server_failure, server_failure},
    {&rule::dns_no_answer, no_answer},     {&rule::srv_single_label, single_label},
};

}  // namespace

std::span<const Row<DomainEvidence>> srv_search_rows() { return rows; }

}  // namespace diag::check
