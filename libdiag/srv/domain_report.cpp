#include "libdiag/srv/domain_report.h"

#include <fmt/format.h>

#include <set>

namespace diag::srv {

namespace {

// A test that proved nothing is no good news.
bool is_update_unknown(const DomainReport& report) {
    using Policy = session::UpdatePolicy;
    const auto policy = report.update_test ? report.update_test->policy() : Policy::refused;
    return policy == Policy::inconclusive || policy == Policy::not_sent;
}

std::string published_text(const DomainReport& report) {
    std::set<std::string> targets;
    for (const auto& record : report.evidence.records) targets.insert(record.target);
    if (targets.empty()) return fmt::format("{} publishes no KMS host", report.evidence.domain);
    if (targets.size() == 1)
        return fmt::format("{} publishes the KMS host {}", report.evidence.domain, *targets.begin());
    return fmt::format("{} publishes {} KMS hosts", report.evidence.domain, targets.size());
}

}  // namespace

std::string verdict_text(const DomainReport& report) {
    if (const auto* finding = probe::deciding(report.findings)) return finding->title;
    return published_text(report) + (is_update_unknown(report) ? "; who may update it is not known" : "");
}

}  // namespace diag::srv
