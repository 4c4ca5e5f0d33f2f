#include "libdiag/srv/domain_report.h"

#include <fmt/format.h>

#include <set>

namespace diag::srv {

std::string verdict_text(const DomainReport& report) {
    if (const auto* finding = probe::deciding(report.findings)) return finding->title;
    std::set<std::string> targets;
    for (const auto& record : report.evidence.records) targets.insert(record.target);
    if (targets.empty()) return fmt::format("{} publishes no KMS host", report.evidence.domain);
    if (targets.size() == 1)
        return fmt::format("{} publishes the KMS host {}", report.evidence.domain, *targets.begin());
    return fmt::format("{} publishes {} KMS hosts", report.evidence.domain, targets.size());
}

}  // namespace diag::srv
