#include "libdiag/check/name_findings.h"

#include <fmt/format.h>

#include "libdiag/check/rules.h"

namespace diag::check {
namespace {

using session::NameEnd;

double ms_of(session::TimePoint began, session::TimePoint ended) {
    return std::chrono::duration<double, std::milli>(ended - began).count();
}

// A host that may well have addresses of the other kind.
void narrow_to(IpAddress::Family wanted, Finding& finding) {
    const bool is_v6 = wanted == IpAddress::Family::v6;
    finding.title = fmt::format("the name {} has no {} address", finding.target, is_v6 ? "IPv6" : "IPv4");
    finding.own_remedy.push_back(
        fmt::format("Whoever runs the tool: only {} addresses were asked for; leave out {} to try those of {} as well.",
                    is_v6 ? "IPv6" : "IPv4", is_v6 ? "-6" : "-4", is_v6 ? "IPv4" : "IPv6"));
    finding.own_remedy.push_back(
        fmt::format("DNS administrator: add {} record for {}, if clients are to reach it over {}.",
                    is_v6 ? "an AAAA" : "an A", finding.target, is_v6 ? "IPv6" : "IPv4"));
}

}  // namespace

std::string_view name_end_text(NameEnd end) {
    switch (end) {
        case NameEnd::not_found: return "the name does not exist (NXDOMAIN)";
        case NameEnd::no_data: return "the name has no address of the wanted kind";
        case NameEnd::server_failure: return "the server answered with an error (SERVFAIL)";
        case NameEnd::refused: return "the server refused to answer (REFUSED)";
        case NameEnd::no_server: return "no DNS server could be reached";
        case NameEnd::bad_name: return "this is no DNS name";
        default: return "no DNS server answered";
    }
}

std::optional<Finding> check_name(const session::NameEvidence& evidence) {
    if (evidence.end == NameEnd::found) return std::nullopt;
    const bool missing =
        evidence.end == NameEnd::not_found || evidence.end == NameEnd::no_data || evidence.end == NameEnd::bad_name;
    Finding finding{.rule = missing ? &rule::name_not_found : &rule::name_no_answer,
                    .target = evidence.name,
                    .title = missing ? fmt::format("the name {} has no address", evidence.name)
                                     : fmt::format("DNS gave no usable answer for the name {}", evidence.name),
                    .evidence = {fmt::format("address of {}: {}, after {:.1f} ms", evidence.name,
                                             name_end_text(evidence.end), ms_of(evidence.began, evidence.ended))},
                    .packets = {}};
    if (evidence.end == NameEnd::no_data && evidence.wanted) narrow_to(*evidence.wanted, finding);
    const bool is_answer = evidence.end == NameEnd::server_failure || evidence.end == NameEnd::refused;
    if (is_answer) finding.likely_cause = finding.likely_remedy = 1;
    return finding;
}

}  // namespace diag::check
