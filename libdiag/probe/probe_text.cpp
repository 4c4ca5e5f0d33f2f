#include "libdiag/probe/probe_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/base/utf.h"

namespace diag::probe {
namespace {

using report::format_duration;

constexpr std::size_t line_width = 80;
constexpr std::size_t text_column = 11;

void append_line(std::string& out, std::string_view label, std::string_view text) {
    out += "  ";
    out += label;
    if (label.size() + 3 > text_column) {
        out += '\n';
        out.append(text_column, ' ');
    } else {
        out.append(text_column - 2 - label.size(), ' ');
    }
    report::append_wrapped(out, text, text_column, text_column, line_width);
    out += '\n';
}

std::string name_text(const session::NameEvidence& name) {
    if (name.end != session::NameEnd::found)
        return fmt::format("{} after {}", name_of(name.end), format_duration(name.duration().count()));
    std::string text;
    for (const IpAddress& address : name.addresses) text += (text.empty() ? "" : ", ") + to_string(address);
    return fmt::format("{} after {}", text, format_duration(name.duration().count()));
}

// The stages that were reached, with their times.
std::string stages_text(const Attempt& attempt) {
    std::string text = fmt::format("connect {}", format_duration(attempt.connect_time.count()));
    if (attempt.bind_time) text += fmt::format(", bind {}", format_duration(attempt.bind_time->count()));
    if (attempt.request_time) text += fmt::format(", request {}", format_duration(attempt.request_time->count()));
    return text;
}

std::string request_text(const RequestFacts& request) {
    switch (request.verdict) {
        case session::KmsVerdict::activated:
        case session::KmsVerdict::not_enough_count:
            return fmt::format("count {}, {} needed: {}; ePID {}", request.count.value_or(0), request.needed_count,
                               request.count.value_or(0) < request.needed_count ? "not enough" : "enough",
                               escape_for_terminal(request.epid));
        case session::KmsVerdict::refused: return fmt::format("refused, {}", format_code(request.hresult.value_or(0)));
        case session::KmsVerdict::rejected: return "an answer that a client would turn down";
        case session::KmsVerdict::protected_answer: return "an answer that the key profile does not open";
        case session::KmsVerdict::bad_stub: return "an answer that cannot be read";
        case session::KmsVerdict::no_answer: break;
    }
    return "no answer";
}

void append_series_line(std::string& out, std::string_view stage, const Durations& times) {
    if (times.count() == 0) return;
    const auto ms = [](std::chrono::nanoseconds ns) { return std::chrono::duration<double, std::milli>(ns).count(); };
    out += fmt::format("           {:<8}", stage);
    for (const auto value : {times.last(), times.mean(), times.percentile(0), times.percentile(0.5),
                             times.percentile(0.95), times.percentile(0.99), times.percentile(1)})
        out += fmt::format(" {:>8.3f}", ms(value));
    out += '\n';
}

void append_series(std::string& out, const AddressReport& address) {
    const auto& evidence = address.evidence;
    append_line(
        out, "",
        fmt::format("{} attempts, {} failed ({:.1f} %)", evidence.attempt_count, evidence.failed_count,
                    100.0 * static_cast<double>(evidence.failed_count) / static_cast<double>(evidence.attempt_count)));
    if (address.connect_times.count() == 0) return;
    out += fmt::format("           {:<8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}\n", "in ms", "last", "mean", "least",
                       "50 %", "95 %", "99 %", "most");
    append_series_line(out, "connect", address.connect_times);
    append_series_line(out, "bind", address.bind_times);
    append_series_line(out, "request", address.request_times);
}

void append_bind(std::string& out, const Attempt& attempt, bool verbose) {
    if (!attempt.bind) return;
    const BindFacts& bind = *attempt.bind;
    if (!bind.syntaxes.empty()) append_line(out, "", bind.syntaxes);
    if (!verbose) return;
    append_line(
        out, "",
        fmt::format("association group 0x{:08X}, secondary address {}, fragments of up to {} bytes", bind.assoc_group,
                    bind.secondary_address.empty() ? "none" : escape_for_terminal(bind.secondary_address),
                    bind.max_recv_frag));
}

void append_extras(std::string& out, const AddressReport& address, bool verbose) {
    const auto& evidence = address.evidence;
    const session::PathFacts& path = address.last.path;
    if (evidence.mapper_connect)
        append_line(out, "",
                    fmt::format("TCP 135: {}", evidence.mapper_bound ? "the endpoint mapper answers"
                                                                     : name_of(*evidence.mapper_connect)));
    if (verbose && path.mtu_size > 0)
        append_line(out, "",
                    fmt::format("packets of up to {} bytes, segments of up to {} bytes, as this machine believes",
                                path.mtu_size, path.max_segment_size));
    const auto& sizes = evidence.sizes;
    const auto passed = std::ranges::find(sizes.rbegin(), sizes.rend(), true, &check::SizeAttempt::passed);
    if (passed != sizes.rend())
        append_line(out, "",
                    fmt::format("largest bind that was answered: {} bytes, in a packet of {} bytes", passed->bind_size,
                                passed->packet_size));
}

void append_address(std::string& out, const AddressReport& address, bool verbose) {
    const Attempt& last = address.last;
    append_line(out, to_string(address.evidence.endpoint), fmt::format("{}; {}", port_state(last), stages_text(last)));
    append_bind(out, last, verbose);
    if (last.request) append_line(out, "", request_text(*last.request));
    append_extras(out, address, verbose);
    if (address.evidence.attempt_count > 1) append_series(out, address);
}

std::string colored(const report::Style& style, const std::vector<check::Finding>& findings, std::string_view text) {
    const auto worst = check::worst(findings);
    if (!worst || *worst == check::Severity::info) return style.good(text);
    return style.severity(*worst, text);
}

}  // namespace

void append_text(std::string& out, const TargetReport& report, const report::Style& style, bool verbose) {
    out += style.strong(to_string(report.target));
    out += "\n  ";
    std::string verdict;
    report::append_wrapped(verdict, escape_for_terminal(verdict_text(report)), 2, 4, line_width);
    out += colored(style, report.findings, verdict);
    out += '\n';
    if (report.name) append_line(out, "name", name_text(*report.name));
    for (const AddressReport& address : report.addresses) append_address(out, address, verbose);
    for (const check::Finding& finding : report.findings) report::append_finding(out, finding, style, verbose);
    out += '\n';
}

void append_attempt(std::string& out, std::uint64_t round, const Attempt& attempt, const report::Style& style) {
    const auto* finding = deciding(attempt.findings);
    const bool failed = finding != nullptr && finding->rule->severity == check::Severity::critical;
    out += fmt::format("{}: {} ", round, to_string(attempt.target));
    out += failed ? style.severity(check::Severity::critical, finding->rule->id) + ", " : std::string{};
    out += stages_text(attempt);
    out += '\n';
}

void ProbeSummary::add(const TargetReport& report) {
    ++target_count;
    const auto worst = check::worst(report.findings);
    if (!worst || *worst == check::Severity::info) {
        ++healthy_count;
    } else if (*worst == check::Severity::warning) {
        ++warning_count;
    } else {
        ++critical_count;
    }
}

void append_summary(std::string& out, const ProbeSummary& summary) {
    if (summary.target_count < 2) return;
    out += fmt::format("Summary: {} targets, {} in order, {} with warnings, {} not usable\n", summary.target_count,
                       summary.healthy_count, summary.warning_count, summary.critical_count);
}

}  // namespace diag::probe
