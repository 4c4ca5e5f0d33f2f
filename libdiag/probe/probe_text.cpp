#include "libdiag/probe/probe_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/base/utf.h"
#include "libdiag/check/name_findings.h"
#include "libdiag/discover/discovery_text.h"
#include "libdiag/lang/message.h"

namespace diag::probe {
namespace {

using report::format_duration;

using report::line_width;
constexpr std::size_t text_column = 11;

// `label`: at most 8 columns.
void append_line(std::string& out, std::string_view label, std::string_view text) {
    out += fmt::format("  {:<9}", label);
    report::append_wrapped(out, text, text_column, text_column, line_width);
    out += '\n';
}

std::string duration_text(std::chrono::nanoseconds duration) { return format_duration(duration.count()); }

std::string name_text(const session::NameEvidence& name) {
    if (name.end != session::NameEnd::found)
        return lang::say("{}, after {}", check::name_end_text(name.end), duration_text(name.duration()));
    std::string text;
    for (const IpAddress& address : name.addresses) text += (text.empty() ? "" : ", ") + to_string(address);
    return fmt::format("{}; after {}", text, duration_text(name.duration()));
}

// PortQry's word, then how the attempt ended.
std::string connect_text(const Attempt& attempt) {
    const std::string time = duration_text(attempt.connect_time);
    std::string how = fmt::format("no connection after {}", time);
    if (attempt.connect_end == session::ConnectEnd::connected) {
        how = time;
    } else if (attempt.icmp && attempt.icmp->sender == attempt.local.ip) {
        how = fmt::format("given up by this machine itself after {}", time);
    } else if (attempt.icmp) {
        how = fmt::format("rejected after {} by {}: ICMP {}", time, to_string(attempt.icmp->sender), attempt.icmp_text);
    } else if (attempt.connect_end == session::ConnectEnd::refused) {
        how = fmt::format("refused after {}", time);
    } else if (attempt.connect_end == session::ConnectEnd::no_answer) {
        how = fmt::format("no answer within {}", time);
    }
    return fmt::format("{}, {}", port_state(attempt), how);
}

// The stages that were reached, with their times.
std::string stages_text(const Attempt& attempt) {
    std::string text = fmt::format("connect {}", duration_text(attempt.connect_time));
    if (attempt.bind_time) text += fmt::format(", bind {}", duration_text(*attempt.bind_time));
    if (attempt.request_time) text += fmt::format(", request {}", duration_text(*attempt.request_time));
    return text;
}

std::string answer_text(const RequestFacts& request) {
    switch (request.verdict) {
        case session::KmsVerdict::activated: return "granted";
        case session::KmsVerdict::not_enough_count: return "answered";
        case session::KmsVerdict::refused: return fmt::format("refused, {}", format_code(request.hresult.value_or(0)));
        case session::KmsVerdict::rejected: return "an answer that a client would turn down";
        case session::KmsVerdict::protected_answer: return "an answer that the key profile does not open";
        case session::KmsVerdict::bad_stub: return "an answer that cannot be read";
        case session::KmsVerdict::no_answer: break;
    }
    return "no answer";
}

std::string request_text(const Attempt& attempt) {
    const RequestFacts& request = *attempt.request;
    std::string text = answer_text(request);
    if (attempt.request_time) text += fmt::format(", {}", duration_text(*attempt.request_time));
    if (request.count)
        text += fmt::format("; {} counted, {} needed", report::format_count(*request.count, "client", "clients"),
                            request.needed_count);
    if (!request.epid.empty()) text += fmt::format("; ePID {}", escape_for_terminal(request.epid));
    return text;
}

void append_series_line(std::string& out, std::string_view stage, const Durations& times) {
    if (times.count() == 0) return;
    const auto ms = [](std::chrono::nanoseconds ns) { return std::chrono::duration<double, std::milli>(ns).count(); };
    out += fmt::format("  {:<8}", stage);
    for (const auto value : {times.last(), times.mean(), times.percentile(0), times.percentile(0.5),
                             times.percentile(0.95), times.percentile(0.99), times.percentile(1)})
        out += fmt::format(" {:>8.{}f}", ms(value), value < std::chrono::seconds{10} ? 3 : 0);
    out += '\n';
}

void append_series(std::string& out, const AddressReport& address) {
    const auto& evidence = address.evidence;
    append_line(
        out, "series",
        fmt::format("{} attempts, {} failed ({:.1f} %)", evidence.attempt_count, evidence.failed_count,
                    100.0 * static_cast<double>(evidence.failed_count) / static_cast<double>(evidence.attempt_count)));
    if (address.connect_times.count() == 0) return;
    out += fmt::format("  {:<8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}\n", "in ms", "last", "mean", "least", "50 %",
                       "95 %", "99 %", "most");
    append_series_line(out, "connect", address.connect_times);
    append_series_line(out, "bind", address.bind_times);
    append_series_line(out, "request", address.request_times);
}

void append_bind(std::string& out, const Attempt& attempt, bool verbose) {
    if (attempt.connect_end != session::ConnectEnd::connected) return;
    if (!attempt.bind) return append_line(out, "bind", "no usable answer");
    const BindFacts& bind = *attempt.bind;
    std::string text = bind.offers_kms ? "KMS is there" : "KMS is not there";
    if (attempt.bind_time) text += fmt::format(", {}", duration_text(*attempt.bind_time));
    if (!bind.syntaxes.empty()) text += fmt::format("; {}", bind.syntaxes);
    append_line(out, "bind", text);
    if (!verbose) return;
    append_line(
        out, "",
        fmt::format("association group 0x{:08X}, secondary address {}, fragments of up to {} bytes", bind.assoc_group,
                    bind.secondary_address.empty() ? "none" : escape_for_terminal(bind.secondary_address),
                    bind.max_recv_frag));
}

std::string_view mapper_text(const check::AddressEvidence& evidence) {
    if (evidence.mapper_bound) return "the endpoint mapper answers";
    switch (*evidence.mapper_connect) {
        case session::ConnectEnd::connected: return "listening, but not an endpoint mapper";
        case session::ConnectEnd::refused: return "not listening";
        case session::ConnectEnd::no_answer: return "filtered, no answer";
        default: return "unreachable";
    }
}

void append_extras(std::string& out, const AddressReport& address, bool verbose) {
    const auto& evidence = address.evidence;
    const session::PathFacts& path = address.last.path;
    if (evidence.mapper_connect) append_line(out, "TCP 135", mapper_text(evidence));
    if (verbose && path.mtu_size > 0)
        append_line(out, "path",
                    fmt::format("as far as this machine knows, packets of up to {} bytes, with up to {} of TCP",
                                path.mtu_size, path.max_segment_size));
    const auto& sizes = evidence.sizes;
    const auto passed = std::ranges::find(sizes.rbegin(), sizes.rend(), true, &check::SizeAttempt::passed);
    if (passed != sizes.rend())
        append_line(out, "size",
                    fmt::format("largest bind that was answered: {} bytes, in a packet of {} bytes", passed->bind_size,
                                passed->packet_size));
}

void append_address(std::string& out, const TargetReport& report, const AddressReport& address, bool verbose) {
    const Attempt& last = address.last;
    if (!report.target.address) append_line(out, "address", to_string(address.evidence.endpoint));
    append_line(out, "connect", connect_text(last));
    append_bind(out, last, verbose);
    if (last.request) append_line(out, "request", request_text(last));
    append_extras(out, address, verbose);
    if (address.evidence.attempt_count > 1) append_series(out, address);
}

// Where a client's road ends, when it does.
std::string stage_prefix(const TargetReport& report) {
    const auto* finding = deciding(report.findings);
    if (finding == nullptr || finding->rule->severity != check::Severity::critical) return {};
    return fmt::format("stops at {}: ", check::name_of(finding->rule->stage));
}

std::string colored(const report::Style& style, const std::vector<check::Finding>& findings, std::string_view text) {
    const auto worst = check::worst(findings);
    if (!worst || *worst == check::Severity::info) return style.good(text);
    return style.severity(*worst, text);
}

}  // namespace

// Names from DNS have their escapes already.
void append_text(std::string& out, const TargetReport& report, const report::Style& style, bool verbose) {
    const Backslash backslash = report.origin ? Backslash::kept : Backslash::doubled;
    out += style.strong(escape_for_terminal(to_string(report.target), backslash));
    out += "\n  ";
    std::string verdict;
    report::append_wrapped(verdict, stage_prefix(report) + escape_for_terminal(verdict_text(report), backslash), 2, 4,
                           line_width);
    out += colored(style, report.findings, verdict);
    out += '\n';
    if (report.origin)
        append_line(out, "origin", escape_for_terminal(discover::origin_text(*report.origin), backslash));
    if (report.name) append_line(out, "name", name_text(*report.name));
    for (const AddressReport& address : report.addresses) append_address(out, report, address, verbose);
    std::vector<check::Finding> findings = report.findings;
    for (check::Finding& finding : findings)
        if (finding.title == verdict_text(report)) finding.title.clear();  // stands above
    report::append_findings(out, findings, style, verbose, backslash);
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
