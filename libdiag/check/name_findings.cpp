#include "libdiag/check/name_findings.h"

#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"

namespace diag::check {
namespace {

using lang::say;
using lang::tr;
using session::NameEnd;

double ms_of(session::TimePoint began, session::TimePoint ended) {
    return std::chrono::duration<double, std::milli>(ended - began).count();
}

bool is_missing(NameEnd end) {
    return end == NameEnd::not_found || end == NameEnd::no_data || end == NameEnd::bad_name;
}

Finding make_finding(const Rule& rule, const session::NameEvidence& e, std::string title) {
    return {
        .rule = &rule,
        .target = e.name,
        .title = std::move(title),
        .evidence = {say("address of {}: {}, after {:.1f} ms", e.name, name_end_text(e.end), ms_of(e.began, e.ended))},
        .packets = {}};
}

// A host that may well have addresses of the other kind.
void narrow_to(IpAddress::Family wanted, Finding& finding) {
    const bool is_v6 = wanted == IpAddress::Family::v6;
    const std::string& name = finding.target;
    finding.title = say("the name {} has no {} address", name, is_v6 ? "IPv6" : "IPv4");
    finding.own_remedy.push_back(
        say("Whoever runs the tool: only {} addresses were asked for; leave out {} to try those of {} as well.",
            is_v6 ? "IPv6" : "IPv4", is_v6 ? "-6" : "-4", is_v6 ? "IPv4" : "IPv6"));
    finding.own_remedy.push_back(
        is_v6 ? say("DNS administrator: add an AAAA record for {}, if clients are to reach it over {}.", name, "IPv6")
              : say("DNS administrator: add an A record for {}, if clients are to reach it over {}.", name, "IPv4"));
}

void name_not_found(const session::NameEvidence& e, std::vector<Finding>& out) {
    if (!is_missing(e.end)) return;
    Finding finding = make_finding(rule::name_not_found, e, say("the name {} has no address", e.name));
    if (e.end == NameEnd::no_data && e.wanted) narrow_to(*e.wanted, finding);
    out.push_back(std::move(finding));
}

void name_no_answer(const session::NameEvidence& e, std::vector<Finding>& out) {
    if (e.end == NameEnd::found || is_missing(e.end)) return;
    Finding finding = make_finding(rule::name_no_answer, e, say("DNS gave no usable answer for the name {}", e.name));
    const bool is_answer = e.end == NameEnd::server_failure || e.end == NameEnd::refused;
    if (is_answer) finding.likely_cause = finding.likely_remedy = 1;
    out.push_back(std::move(finding));
}

constexpr Row<session::NameEvidence> rows[] = {
    {&rule::name_not_found, name_not_found},
    {&rule::name_no_answer, name_no_answer},
};

}  // namespace

std::string_view name_end_text(NameEnd end) {
    switch (end) {
        case NameEnd::not_found: return tr("the name does not exist (NXDOMAIN)");
        case NameEnd::no_data: return tr("the name has no address of the wanted kind");
        case NameEnd::server_failure: return tr("the server answered with an error (SERVFAIL)");
        case NameEnd::refused: return tr("the server refused to answer (REFUSED)");
        case NameEnd::no_server: return tr("no DNS server could be reached");
        case NameEnd::bad_name: return tr("this is no DNS name");
        default: return tr("no DNS server answered");
    }
}

std::span<const Row<session::NameEvidence>> name_rows() { return rows; }

std::optional<Finding> check_name(const session::NameEvidence& evidence) {
    std::vector<Finding> findings;
    look(name_rows(), evidence, findings);
    return findings.empty() ? std::nullopt : std::optional{std::move(findings.front())};
}

}  // namespace diag::check
