#include "libdiag/srv/client_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/check/rules.h"
#include "libdiag/check/srv_findings.h"
#include "libdiag/discover/discovery.h"

namespace diag::srv {
namespace {

bool names_host(const DomainReport& report) { return discover::names_host(report.evidence); }

}  // namespace

const DomainReport* found_in(const ClientView& view) {
    for (std::size_t i = 0; i < view.reports.size(); ++i)
        if (!view.candidates[i].is_assumption && names_host(view.reports[i])) return &view.reports[i];
    return nullptr;
}

void judge_client(ClientView& view) {
    const DomainReport* found = found_in(view);
    for (std::size_t i = 0; i < view.reports.size(); ++i) {
        DomainReport& report = view.reports[i];
        if (view.candidates[i].is_assumption) {
            if (!names_host(report)) report.findings.clear();
        } else if (found != nullptr && &report < found) {
            std::erase_if(report.findings, discover::is_missing_record);
            check::pass_over(report.findings, found->evidence.domain);
        } else if (found != nullptr && &report > found) {
            // The search has ended before it came here.
            std::erase_if(report.findings, [](const auto& f) { return f.rule->severity != check::Severity::info; });
        }
    }
}

DomainReport report_without_domain() {
    DomainReport report;
    report.evidence.domain = ".";
    report.evidence.query = "_vlmcs._tcp.";
    report.findings.push_back({.rule = &check::rule::client_no_suffix,
                               .target = report.evidence.domain,
                               .title = "this client has no DNS suffix, so it asks for nothing",
                               .evidence = {"no primary suffix, no domain from DHCP that counts, no search list"},
                               .packets = {}});
    return report;
}

std::string verdict_text(const ClientView& view) {
    const DomainReport* found = found_in(view);
    if (found != nullptr) {
        const auto& candidate = view.candidates[static_cast<std::size_t>(found - view.reports.data())];
        const auto& record = found->evidence.records.front();
        return fmt::format("a client finds {}:{} under {} ({})", record.target, record.port, candidate.domain,
                           describe(candidate.source));
    }
    for (std::size_t i = 0; i < view.reports.size(); ++i)
        if (names_host(view.reports[i]))
            return fmt::format("a client finds no host where it is documented to look; there is one under {} ({})",
                               view.candidates[i].domain, describe(view.candidates[i].source));
    return "a client finds no host under any of its domains";
}

}  // namespace diag::srv
