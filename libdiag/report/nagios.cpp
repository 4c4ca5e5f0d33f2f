#include "libdiag/report/nagios.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "libdiag/base/utf.h"
#include "libdiag/check/consequences.h"
#include "libdiag/report/text.h"

namespace diag::report {
namespace {

using check::Severity;

std::string_view status_word(std::optional<Severity> alarm) {
    if (!alarm) return "OK";
    return *alarm == Severity::critical ? "CRITICAL" : "WARNING";
}

std::string_view severity_word(Severity severity) {
    return severity == Severity::info ? "INFO" : status_word(severity);
}

// Text of anybody, as one piece of a line. A bar begins performance data, in every line.
std::string harmless(std::string_view text) {
    std::string out;
    for (const char c : escape_for_terminal(text)) {
        if (c == '|') {
            out += "\\x7c";
        } else {
            out += c;
        }
    }
    return out;
}

// The guidelines: quotes where there are blanks, a quote is doubled, and no equals sign at all.
std::string label_text(std::string_view label) {
    std::string text = harmless(label);
    std::ranges::replace(text, '=', '_');
    if (text.find_first_of(" ';") == std::string::npos && !text.empty()) return text;
    std::string out = "'";
    for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
    return out + '\'';
}

std::string limit_text(const std::optional<double>& limit) {
    return limit && std::isfinite(*limit) ? format_decimal(*limit) : std::string{};
}

// 'label'=value[UOM];[warn];[crit], without semicolons at the end. U: could not be determined.
std::string metric_text(std::string_view label, const Metric& metric) {
    std::string text = label_text(label) + '=';
    if (std::isfinite(metric.value)) {
        text += format_decimal(metric.value);
        text += metric.unit;
    } else {
        text += 'U';
    }
    const std::string warn = limit_text(metric.warn), crit = limit_text(metric.crit);
    if (!warn.empty() || !crit.empty()) text += ';' + warn;
    if (!crit.empty()) text += ';' + crit;
    return text;
}

void append_metrics(std::string& out, std::span<const Subject> subjects) {
    std::string_view separator = " | ";
    for (const Subject& subject : subjects) {
        for (const Metric& metric : subject.metrics) {
            const std::string label = subjects.size() == 1 ? metric.label : subject.name + "::" + metric.label;
            out += separator;
            out += metric_text(label, metric);
            separator = " ";
        }
    }
}

// The verdict; where one finding follows from another, the cause of the worst.
std::string summary(const Subject& subject) {
    const auto causes = check::causes_among(subject.findings);
    const auto is_effect_of_it = [&](const check::Cause& cause) {
        return std::ranges::any_of(cause.consequences,
                                   [&](std::size_t i) { return subject.findings[i].title == subject.summary; });
    };
    const bool names_effect = std::ranges::any_of(causes, is_effect_of_it);
    if (causes.empty() || (causes.front().consequences.empty() && !names_effect)) return harmless(subject.summary);
    return harmless(subject.findings[causes.front().finding].title);
}

std::string verdict(const Subject& subject) { return fmt::format("{}: {}", harmless(subject.name), summary(subject)); }

// "3 checked, 1 critical, 1 warning: " and the first of the worst.
std::string overall(std::span<const Subject> subjects, std::optional<Severity> fail_on) {
    const auto alarm = [fail_on](const Subject& subject) { return alarm_of(subject, fail_on); };
    std::string text = fmt::format("{} checked", subjects.size());
    for (const Severity severity : {Severity::critical, Severity::warning})
        if (const auto count = std::ranges::count(subjects, std::optional{severity}, alarm); count > 0)
            text += fmt::format(", {} {}", count, check::name_of(severity));
    const Subject& worst = *std::ranges::max_element(subjects, {}, alarm);
    if (!alarm(worst)) return text + ", no problem";
    return text + ": " + verdict(worst);
}

// A cause, and below it what follows from it.
void append_cause_lines(std::string& out, const Subject& subject, const check::Cause& cause) {
    const check::Finding& finding = subject.findings[cause.finding];
    out += fmt::format("{} {}: {}\n", severity_word(finding.rule->severity), finding.rule->id, harmless(finding.title));
    if (const std::string codes = client_codes(finding); !codes.empty()) out += fmt::format("  {}\n", codes);
    for (const std::string& line : finding.evidence) out += fmt::format("  - {}\n", harmless(line));
    for (const std::size_t i : cause.consequences) {
        const check::Finding& effect = subject.findings[i];
        out += fmt::format("  effect: {} {}: {}\n", severity_word(effect.rule->severity), effect.rule->id,
                           harmless(effect.title));
    }
    // Mere information that is the cause of something has a remedy worth reading.
    if (finding.rule->severity == Severity::info && cause.consequences.empty()) return;
    for (const std::string_view remedy : check::remedy_of(finding))
        out += fmt::format("  remedy: {}\n", harmless(remedy));
}

}  // namespace

void append_nagios(std::string& out, std::string_view service, std::span<const Subject> subjects,
                   std::optional<check::Severity> fail_on) {
    if (subjects.empty()) return append_nagios_unknown(out, service, "nothing was checked");
    const bool is_one = subjects.size() == 1;
    out += fmt::format("{} {} - {}", service, status_word(alarm_of(subjects, fail_on)),
                       is_one ? summary(subjects.front()) : overall(subjects, fail_on));
    append_metrics(out, subjects);
    out += '\n';
    for (const Subject& subject : subjects) {
        if (!is_one) out += fmt::format("[{}] {}\n", status_word(alarm_of(subject, fail_on)), verdict(subject));
        for (const std::string& note : subject.notes) out += fmt::format("{}\n", harmless(note));
        for (const check::Cause& cause : check::causes_among(subject.findings)) append_cause_lines(out, subject, cause);
    }
}

void append_nagios_unknown(std::string& out, std::string_view service, std::string_view problem) {
    out += fmt::format("{} UNKNOWN - {}\n", service, harmless(problem));
}

}  // namespace diag::report
