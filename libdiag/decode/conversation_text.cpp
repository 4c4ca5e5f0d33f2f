#include "libdiag/decode/conversation_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/utf.h"
#include "libdiag/check/silence.h"
#include "libdiag/decode/exchange_text.h"
#include "libdiag/decode/timing.h"
#include "libdiag/lang/message.h"

namespace diag::decode {
namespace {

using dissect::Conversation;
using report::format_duration;

using report::line_width;

std::string colored(const report::Style& style, check::Outcome outcome, std::span<const check::Finding> findings) {
    const auto worst = check::worst(findings);
    const std::string name{check::name_of(outcome)};
    if (!worst || *worst == check::Severity::info) return style.good(name);
    return style.severity(*worst, name);
}

// A line of the block's head: what does not fit goes on below, deeper.
std::string wrapped(std::string_view text) {
    std::string out;
    report::append_wrapped(out, text, 0, 4, line_width);
    return out;
}

void append_line(std::string& out, std::string_view text) {
    out += "  ";
    report::append_wrapped(out, text, 2, 4, line_width);
    out += '\n';
}

std::string packets_text(const dissect::Mark& first, const dissect::Mark& last) {
    if (first.packet == last.packet) return fmt::format("packet {}", first.packet);
    return fmt::format("packets {} to {}", first.packet, last.packet);
}

std::string marks_text(const dissect::Mark& first, const dissect::Mark& second) {
    return second ? fmt::format("packets {}, {}", first.packet, second.packet) : fmt::format("packet {}", first.packet);
}

std::string path_text(const dissect::DnsPath& path, const IpAddress& address) {
    std::string text =
        fmt::format("found through {} ({}), {} = {}", printable_names(path.query),
                    marks_text(path.asked, path.answered), printable_names(path.target), to_string(address));
    if (path.address_asked) text += fmt::format(" ({})", marks_text(path.address_asked, path.address_answered));
    return text;
}

void append_head(std::string& out, const Conversation& c, check::Outcome outcome,
                 std::span<const check::Finding> findings, std::string_view capture, const report::Style& style) {
    std::string ends = fmt::format("{} -> {}", to_string(c.client), to_string(c.host));
    if (!c.host_name.empty()) ends += fmt::format(" ({})", printable_names(c.host_name));
    out += style.strong(wrapped(ends));
    out += '\n';
    out += fmt::format("  {}: ", colored(style, outcome, findings));
    report::append_wrapped(out, describe_outcome(c, outcome), 4 + check::name_of(outcome).size(), 4, line_width);
    out += '\n';
    out += fmt::format("  {}, lasted {}\n", format_rfc3339(c.first.time, c.fraction_digits),
                       format_duration(c.last.time.ns - c.first.time.ns));
    std::string place = fmt::format("{} of {}", packets_text(c.first, c.last), escape_for_terminal(capture));
    if (c.part > 1 || c.continues) place += fmt::format(", part {}{}", c.part, c.continues ? ", more follows" : "");
    append_line(out, place);
    if (c.found_through) append_line(out, path_text(*c.found_through, c.host.ip));
}

// The syntaxes that the client offered, those that the host took first.
std::string syntaxes_text(const Conversation& c) {
    const dcerpc::Bind* bind = nullptr;
    const dissect::PduRecord* answer = nullptr;
    bool inferred = false;
    for (const auto& pdu : c.pdus) {
        if (bind == nullptr) bind = pdu.decoded.bind();
        if (answer == nullptr && pdu.decoded.bind_ack() != nullptr) answer = &pdu;
        inferred = inferred || pdu.inferred;
    }
    if (bind == nullptr) return {};
    std::string text;
    for (std::size_t i = 0; i < bind->contexts.size(); ++i) {
        if (bind->contexts[i].transfer_syntaxes.empty()) continue;
        if (!text.empty()) text += ", ";
        text += dcerpc::describe_syntax(bind->contexts[i].transfer_syntaxes.front().uuid);
        if (answer == nullptr || i >= answer->decoded.bind_ack()->results.size()) continue;
        const auto result = answer->decoded.bind_ack()->results[i].result;
        text += result == dcerpc::acceptance || result == dcerpc::negotiate_ack ? " accepted" : " refused";
    }
    if (answer == nullptr) text += " offered";
    return inferred ? text + " (inferred: the packets are cut)" : text;
}

void append_stages(std::string& out, const Conversation& c) {
    std::string line;
    const auto add = [&line](std::string_view name, const std::optional<std::int64_t>& ns) {
        if (!ns) return;
        if (!line.empty()) line += ", ";
        line += fmt::format("{} {}", name, format_duration(*ns));
    };
    add("connect", connect_time(c));
    add("bind", bind_time(c));
    if (c.tcp.syn_count > 1) line += fmt::format("{}{} SYNs", line.empty() ? "" : ", ", c.tcp.syn_count);
    if (!line.empty()) out += fmt::format("  stages   {}\n", line);
    const std::string syntaxes = syntaxes_text(c);
    if (syntaxes.empty()) return;
    out += "  bind     ";
    report::append_wrapped(out, syntaxes, 11, 11, line_width);
    out += '\n';
}

}  // namespace

std::string describe_outcome(const Conversation& c, check::Outcome outcome) {
    if (check::is_too_soon_to_tell(c, outcome))
        return std::string{lang::tr("not known: the capture ends before an answer could come")};
    if (outcome != check::Outcome::complete) return std::string{check::describe(outcome)};
    if (c.exchanges.empty()) {
        const bool may_be_missing = c.gap_size + c.cut_size > 0 || check::may_go_on(c);
        return std::string{may_be_missing ? lang::tr("no request is in the capture") : lang::tr("no request was sent")};
    }
    const auto refused = std::count_if(c.exchanges.begin(), c.exchanges.end(),
                                       [](const auto& e) { return e.hresult && *e.hresult != 0; });
    if (refused == 0) return std::string{check::describe(outcome)};
    if (c.exchanges.size() == 1) return std::string{lang::tr("the request was answered, with a refusal")};
    return lang::say("every request was answered, {} of {} with a refusal", refused, c.exchanges.size());
}

void append_text(std::string& out, const Conversation& c, check::Outcome outcome,
                 std::span<const check::Finding> findings, std::string_view capture, const report::Style& style,
                 bool verbose) {
    append_head(out, c, outcome, findings, capture, style);
    append_stages(out, c);
    if (verbose) append_bind_checks(out, c);
    for (std::size_t i = 0; i < c.exchanges.size(); ++i) append_exchange(out, c, i, style, verbose);
    report::append_findings(out, findings, style, verbose);
    out += '\n';
}

void append_statistics(std::string& out, const dissect::TrackerStatistics& s, double seconds) {
    const auto add = [&out](std::string_view label, std::string_view text) {
        out += fmt::format("  {:<9}", label);
        report::append_wrapped(out, text, 11, 11, line_width);
        out += '\n';
    };
    const auto connections = [](std::uint64_t count) {
        return report::format_count(count, "connection", "connections");
    };
    add("packets",
        fmt::format("{}, {} on the wire; {} TCP, {} not IP, {} malformed", s.packet_count,
                    report::format_size(s.byte_count), s.tcp_packet_count, s.not_ip_count, s.malformed_count));
    if (s.empty_connection_count > 0)
        add("empty", connections(s.empty_connection_count) + " to the KMS port without a byte (port checks)");
    if (s.other_rpc_count > 0)
        add("other", connections(s.other_rpc_count) + " on the KMS port with RPC for other interfaces");
    if (s.evicted_handshake_count > 0) {
        add("limits", report::format_count(s.evicted_handshake_count, "open handshake", "open handshakes") +
                          " forgotten to bound memory");
    }
    if (seconds <= 0) return;
    const auto rate = static_cast<std::uint64_t>(static_cast<double>(s.byte_count) / seconds);
    add("time", fmt::format("{}, {:.0f} packets/s, {}/s", format_duration(static_cast<std::int64_t>(seconds * 1e9)),
                            static_cast<double>(s.packet_count) / seconds, report::format_size(rate)));
}

}  // namespace diag::decode
