#include "libdiag/probe/probe_subject.h"

#include <algorithm>

#include "libdiag/discover/discovery_text.h"

namespace diag::probe {
namespace {

double ms_of(std::chrono::nanoseconds duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

// How many stages an address got through.
std::size_t reach_of(const AddressReport& address) {
    return (address.connect_times.count() > 0 ? 1U : 0U) + (address.bind_times.count() > 0 ? 1U : 0U) +
           (address.request_times.count() > 0 ? 1U : 0U);
}

void add_time(report::Subject& subject, std::string label, const Durations& times) {
    if (times.count() == 0) return;
    subject.metrics.push_back({.label = std::move(label), .value = ms_of(times.percentile(0.5)), .unit = "ms"});
}

}  // namespace

report::Subject make_subject(const TargetReport& report) {
    report::Subject subject{
        .name = to_string(report.target), .summary = verdict_text(report), .findings = report.findings};
    if (report.origin) subject.notes.push_back(discover::origin_text(*report.origin));
    if (report.name) {
        subject.metrics.push_back({.label = "lookup", .value = ms_of(report.name->duration()), .unit = "ms"});
        subject.duration += report.name->duration();
    }
    const auto best = std::ranges::max_element(report.addresses, {}, reach_of);
    if (best == report.addresses.end()) return subject;
    add_time(subject, "connect", best->connect_times);
    add_time(subject, "bind", best->bind_times);
    add_time(subject, "request", best->request_times);
    const auto& evidence = best->evidence;
    if (evidence.attempt_count > 1)
        subject.metrics.push_back(
            {.label = "loss",
             .value = 100.0 * static_cast<double>(evidence.failed_count) / static_cast<double>(evidence.attempt_count),
             .unit = "%"});
    const Attempt& last = best->last;
    subject.duration += last.connect_time + last.bind_time.value_or(std::chrono::nanoseconds{0}) +
                        last.request_time.value_or(std::chrono::nanoseconds{0});
    return subject;
}

}  // namespace diag::probe
