#include "libdiag/check/dns_findings.h"

#include <algorithm>

#include "libdiag/check/captured_search.h"
#include "libdiag/check/client_search.h"
#include "libdiag/check/rules.h"
#include "libdiag/check/srv_findings.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/dns/names.h"

namespace diag::check {
namespace {

using dissect::DnsLookup;
using dissect::DnsSearch;
using lang::say;

bool waits_for_answer(const DnsSearch& search) {
    return std::ranges::any_of(search.lookups,
                               [&](const DnsLookup& l) { return is_too_soon_to_tell(l, search.observed_until); });
}

// "packet 4: 192.0.2.20 asks 192.0.2.53:53 for SRV _vlmcs._tcp.corp.test, 3 times"
std::string question_text(const DnsSearch& search) {
    const DnsLookup& lookup = search.lookups.front();
    const std::string type = dns::type_name(lookup.type);
    const auto count = search.asked_count();
    return count == 1 ? say("packet {}: {} asks {} for {} {}, once", lookup.asked.packet, to_string(search.client),
                            to_string(lookup.server), type, lookup.query)
                      : say("packet {}: {} asks {} for {} {}, {} times", lookup.asked.packet, to_string(search.client),
                            to_string(lookup.server), type, lookup.query, count);
}

void too_soon(const CapturedSearch& captured, std::vector<Finding>& out) {
    const DnsSearch& search = captured.search;
    if (captured.evidence.answer || !waits_for_answer(search)) return;
    const DnsLookup& lookup = search.lookups.front();
    out.push_back({.rule = &rule::capture_ends,
                   .target = search.domain.empty() ? search.query : search.domain,
                   .title = say("the capture ends before {} could answer the look-up of {}",
                                to_string(lookup.server.ip), lookup.query),
                   .evidence = {question_text(search)},
                   .packets = {lookup.asked.packet}});
}

constexpr Row<CapturedSearch> rows[] = {{&rule::capture_ends, too_soon}};

// Who captures UDP alone sees no second question.
bool is_unseen(const Finding& finding, const DnsSearch& search) {
    return finding.rule == &rule::dns_tcp_blocked && std::ranges::none_of(search.lookups, [](const DnsLookup& l) {
               return l.transport == dissect::DnsTransport::tcp;
           });
}

// What the rules for our own searches say, and the packets cannot tell.
bool is_unproven(const Finding& finding, const DnsSearch& search) {
    if (is_unseen(finding, search)) return true;
    if (finding.rule == &rule::dns_tcp_blocked) return false;
    if (!search.client_was_served) return false;
    // The client was served: a record that is wrong has not kept it from that, and how long it may keep the record matters to
    // later searches, not to this one.
    return finding.rule->severity == Severity::critical || finding.rule == &rule::srv_ttl;
}

// What kept DNS from answering for a domain, where the client went on to another one that has the record.
std::vector<Finding> passed_over(const DnsSearch& search, const session::SrvEvidence& evidence) {
    const std::string& found = search.passed_over_for;
    if (found.empty() || search.type != dns::type::srv || search.decisive().cut) return {};
    if (!evidence.answer && waits_for_answer(search)) return {};
    std::vector<Finding> findings = check_srv(evidence, {});
    std::erase_if(findings, [&](const Finding& finding) { return is_unseen(finding, search); });
    pass_over(findings, found);
    std::erase_if(findings, [](const Finding& finding) { return finding.rule != &rule::dns_suffix_failed; });
    for (Finding& finding : findings) finding.about.client_address = to_string(search.client);
    return findings;
}

}  // namespace

std::span<const Row<CapturedSearch>> captured_search_rows() { return rows; }

std::vector<Finding> check_dns(const DnsSearch& search) {
    const session::SrvEvidence evidence = evidence_of(search);
    const bool has_host = search.names_host();
    // One suffix without a record is no trouble when another one has it; one for which DNS fails costs time.
    if (!has_host && search.client_found_host) return passed_over(search, evidence);
    const DnsLookup& decisive = search.decisive();
    const bool is_empty = decisive.rcode == dns::rcode::no_error && evidence.records.empty();
    // Only who asks for SRV records learns that there are none; and what the capture cut off may have been one.
    if (is_empty && (search.type != dns::type::srv || decisive.cut)) return {};
    std::vector<Finding> findings;
    look(captured_search_rows(), {search, evidence}, findings);
    if (!findings.empty()) return findings;  // nothing can be said of it yet
    findings = check_srv(evidence, {});
    std::erase_if(findings, [&](const Finding& finding) { return is_unproven(finding, search); });
    for (Finding& finding : findings) finding.about.client_address = to_string(search.client);
    return findings;
}

}  // namespace diag::check
