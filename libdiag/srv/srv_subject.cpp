#include "libdiag/srv/srv_subject.h"

#include <fmt/format.h>

#include "libdiag/srv/update_run.h"

namespace diag::srv {

report::Subject make_subject(const DomainReport& report) {
    report::Subject subject{
        .name = report.evidence.domain, .summary = verdict_text(report), .findings = report.findings};
    if (report.update_test)
        subject.notes.push_back(fmt::format("update test of {}, {}: {}", to_string(report.update_test->name),
                                            name_of(report.update_test->policy()), conclusion(*report.update_test)));
    for (const auto& reply : report.evidence.replies) subject.duration += reply.duration;
    subject.metrics.push_back({.label = "lookup",
                               .value = std::chrono::duration<double, std::milli>(subject.duration).count(),
                               .unit = "ms"});
    subject.metrics.push_back(
        {.label = "hosts", .value = static_cast<double>(report.evidence.targets.size()), .unit = ""});
    return subject;
}

}  // namespace diag::srv
