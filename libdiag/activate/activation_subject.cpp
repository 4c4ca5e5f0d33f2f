#include "libdiag/activate/activation_subject.h"

#include "libdiag/activate/verdict.h"

namespace diag::activate {
namespace {

void add_time(report::Subject& subject, std::string label, std::optional<std::chrono::nanoseconds> time) {
    if (!time) return;
    subject.duration += *time;
    subject.metrics.push_back(
        {.label = std::move(label), .value = std::chrono::duration<double, std::milli>(*time).count(), .unit = "ms"});
}

std::string name_of_subject(const Activation& activation) {
    if (!activation.hosts.empty()) return to_string(activation.hosts.back().target);
    return activation.discovery.lookups.empty() ? "no host" : activation.discovery.lookups.back().evidence.query;
}

}  // namespace

report::Subject make_subject(const Activation& activation) {
    report::Subject subject{
        .name = name_of_subject(activation), .summary = verdict_text(activation), .findings = activation.findings};
    for (const HostTry& host : activation.hosts) subject.notes.push_back("tried " + try_text(host));
    if (!activation.hosts.empty() && !activation.hosts.back().addresses.empty()) {
        const probe::Attempt& last = activation.hosts.back().addresses.back().attempt;
        add_time(subject, "connect", last.connect_time);
        add_time(subject, "bind", last.bind_time);
        add_time(subject, "request", last.request_time);
    }
    if (activation.answer)
        subject.metrics.push_back(
            {.label = "count", .value = static_cast<double>(activation.answer->response.count), .unit = ""});
    return subject;
}

}  // namespace diag::activate
