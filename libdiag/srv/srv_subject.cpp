#include "libdiag/srv/srv_subject.h"

namespace diag::srv {

report::Subject make_subject(const DomainReport& report) {
    report::Subject subject{
        .name = report.evidence.domain, .summary = verdict_text(report), .findings = report.findings};
    for (const auto& reply : report.evidence.replies) subject.duration += reply.duration;
    subject.metrics.push_back({.label = "lookup",
                               .value = std::chrono::duration<double, std::milli>(subject.duration).count(),
                               .unit = "ms"});
    subject.metrics.push_back(
        {.label = "hosts", .value = static_cast<double>(report.evidence.targets.size()), .unit = ""});
    return subject;
}

}  // namespace diag::srv
