#include "libdiag/report/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "libdiag/check/consequences.h"
#include "libdiag/report/text.h"
#include "libdiag/report/xml.h"

namespace diag::report {
namespace {

std::string seconds_text(std::chrono::nanoseconds time) {
    return fmt::format("{:.3f}", std::chrono::duration<double>(time).count());
}

std::string head_of(const check::Finding& finding) {
    return fmt::format("{} {}: {}", check::name_of(finding.rule->severity), finding.rule->id, finding.title);
}

// For readers of a CI page: a cause with all that helps, and what follows from it, a paragraph.
void append_cause_text(std::string& out, const Subject& subject, const check::Cause& cause) {
    const check::Finding& finding = subject.findings[cause.finding];
    out += head_of(finding) + '\n';
    if (const std::string codes = client_codes(finding); !codes.empty()) out += codes + '\n';
    for (const std::string& line : finding.evidence) out += fmt::format("- {}\n", line);
    for (const std::size_t i : cause.consequences) out += fmt::format("effect: {}\n", head_of(subject.findings[i]));
    // Mere information that is the cause of something has a remedy worth reading.
    if (finding.rule->severity == check::Severity::info && cause.consequences.empty()) return;
    for (const std::string_view remedy : check::remedy_of(finding)) out += fmt::format("remedy: {}\n", remedy);
}

// A consequence fails the case by way of its cause.
bool is_failure(const check::Cause& cause, const Subject& subject, std::optional<check::Severity> fail_on) {
    return check::alarm_of(check::worst_of(cause, subject.findings), fail_on).has_value();
}

// "connect_ms"; units that are signs get words.
std::string property_name(const Metric& metric) {
    if (metric.unit.empty() || metric.unit == "c") return metric.label;
    return fmt::format("{}_{}", metric.label, metric.unit == "%" ? "percent" : metric.unit);
}

void append_properties(std::string& out, std::span<const Metric> metrics) {
    if (metrics.empty()) return;
    out += "      <properties>\n";
    for (const Metric& metric : metrics)
        out += fmt::format("        <property name=\"{}\" value=\"{}\"/>\n", xml_text(property_name(metric)),
                           std::isfinite(metric.value) ? format_decimal(metric.value) : "unknown");
    out += "      </properties>\n";
}

void append_failure(std::string& out, const Subject& subject, std::span<const check::Cause> causes,
                    std::optional<check::Severity> fail_on) {
    if (!alarm_of(subject, fail_on)) return;
    const check::Finding& first = subject.findings[causes.front().finding];
    std::string text;
    for (const check::Cause& cause : causes)
        if (is_failure(cause, subject, fail_on)) append_cause_text(text, subject, cause);
    out += fmt::format("      <failure message=\"{}\" type=\"{}\">{}</failure>\n", xml_text(first.title),
                       xml_text(first.rule->id), xml_text(text));
}

void append_case(std::string& out, std::string_view suite, const Subject& subject,
                 std::optional<check::Severity> fail_on) {
    out += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{}\">\n", xml_text(suite),
                       xml_text(subject.name), seconds_text(subject.duration));
    append_properties(out, subject.metrics);
    const auto causes = check::causes_among(subject.findings);
    append_failure(out, subject, causes, fail_on);
    std::string text = subject.summary + '\n';
    for (const std::string& note : subject.notes) text += note + '\n';
    for (const check::Cause& cause : causes)
        if (!is_failure(cause, subject, fail_on)) append_cause_text(text, subject, cause);
    out += fmt::format("      <system-out>{}</system-out>\n    </testcase>\n", xml_text(text));
}

}  // namespace

void append_junit(std::string& out, std::string_view suite, std::span<const Subject> subjects,
                  std::optional<check::Severity> fail_on) {
    const auto failure_count =
        std::ranges::count_if(subjects, [&](const Subject& subject) { return alarm_of(subject, fail_on).has_value(); });
    std::chrono::nanoseconds time{0};
    for (const Subject& subject : subjects) time += subject.duration;
    const std::string counts = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"0\" time=\"{}\"", subjects.size(),
                                           failure_count, seconds_text(time));
    out += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    out += fmt::format("<testsuites name=\"{0}\" {1}>\n  <testsuite name=\"{0}\" {1} skipped=\"0\">\n", xml_text(suite),
                       counts);
    for (const Subject& subject : subjects) append_case(out, suite, subject, fail_on);
    out += "  </testsuite>\n</testsuites>\n";
}

}  // namespace diag::report
