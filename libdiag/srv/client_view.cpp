#include "libdiag/srv/client_view.h"

#include <algorithm>

#include "libdiag/check/client_search.h"
#include "libdiag/discover/discovery.h"
#include "libdiag/lang/message.h"
#include "libdiag/session/service_order.h"

namespace diag::srv {
namespace {

using lang::say;

bool names_host(const DomainReport& report) { return discover::names_host(report.evidence); }

// A client passes over what leads nowhere while there is another host.
bool is_usable(const session::ServiceRecord& record, const session::SrvEvidence& evidence) {
    const auto* target = session::find_target(evidence, record.target);
    const bool has_address = target == nullptr || !target->addresses.empty() || target->replies.empty();
    return record.target != "." && record.port != 0 && !IpAddress::parse(record.target) && has_address;
}

// The record that most clients try first of those that they can use; the first one where there is none.
const session::ServiceRecord& first_choice(const session::SrvEvidence& evidence) {
    std::vector<session::ServiceRecord> usable;
    std::vector<const session::ServiceRecord*> at;
    for (const auto& record : evidence.records) {
        if (!is_usable(record, evidence)) continue;
        usable.push_back(record);
        at.push_back(&record);
    }
    if (at.empty()) return evidence.records.front();
    const auto chances = session::first_choice_chances(usable);
    return *at[static_cast<std::size_t>(std::ranges::max_element(chances) - chances.begin())];
}

// What a client shows a code for stops it; what is critical for another reason does not.
bool works(const DomainReport& report) {
    return std::ranges::none_of(report.findings, [](const check::Finding& finding) {
        return finding.rule->severity == check::Severity::critical && finding.shown_windows_code() != 0;
    });
}

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
            check::pass_over(report.findings, found->evidence.domain);
        } else if (found != nullptr && &report > found) {
            // The search has ended before it came here.
            std::erase_if(report.findings, [](const auto& f) { return f.rule->severity != check::Severity::info; });
        }
    }
}

DomainReport report_without_domain() {
    DomainReport report;
    report.evidence.domain = "(no domain)";
    report.findings = check::check_client_domains({.candidates = {}, .target = report.evidence.domain});
    return report;
}

std::string verdict_text(const ClientView& view) {
    const DomainReport* found = found_in(view);
    if (found != nullptr) {
        const auto& candidate = view.candidates[static_cast<std::size_t>(found - view.reports.data())];
        const auto& record = first_choice(found->evidence);
        const std::string_view source = check::describe(candidate.source);
        return works(*found)
                   ? say("a client finds {}:{} under {} ({})", record.target, record.port, candidate.domain, source)
                   : say("a client finds {}:{} under {} ({}), and it does not work", record.target, record.port,
                         candidate.domain, source);
    }
    for (std::size_t i = 0; i < view.reports.size(); ++i)
        if (names_host(view.reports[i]))
            return say("a client finds no host where it is documented to look; there is one under {} ({})",
                       view.candidates[i].domain, check::describe(view.candidates[i].source));
    return std::string{lang::tr("a client finds no host under any of its domains")};
}

}  // namespace diag::srv
