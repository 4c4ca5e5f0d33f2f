#include "libdiag/check/conversation_findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/check/exchange_findings.h"
#include "libdiag/check/rules.h"
#include "libdiag/proto/dcerpc/names.h"

namespace diag::check {
namespace {

using dissect::Conversation;
using dissect::Mark;
using dissect::PduRecord;
using dissect::Side;

constexpr std::size_t client = 0;
constexpr std::size_t host = 1;

// Collects the evidence of one finding: a sentence, and the packet that proves it.
class Builder {
public:
    Builder(const Rule& rule, const Conversation& c, std::string title)
        : finding_{.rule = &rule,
                   .target = to_string(c.host),
                   .title = std::move(title),
                   .evidence = {},
                   .packets = {}},
          start_{c.first.time} {}

    Builder& saw(std::string text) {
        finding_.evidence.push_back(std::move(text));
        return *this;
    }
    /// "packet 4 (+0.123 ms): what"; nothing when there is no such packet.
    Builder& saw(const Mark& mark, std::string_view what) {
        if (!mark) return *this;
        const double ms = static_cast<double>(mark.time.ns - start_.ns) / 1e6;
        finding_.evidence.push_back(fmt::format("packet {} ({:+.3f} ms): {}", mark.packet, ms, what));
        finding_.packets.push_back(mark.packet);
        return *this;
    }
    Finding take() { return std::move(finding_); }

private:
    Finding finding_;
    Timestamp start_;
};

std::string client_text(const Conversation& c) { return to_string(c.client.ip); }

void connect_refused(const Conversation& c, std::vector<Finding>& out) {
    Builder b{rule::connect_refused, c,
              fmt::format("{} refused the TCP connection of {}", to_string(c.host), client_text(c))};
    b.saw(c.tcp.syn, fmt::format("SYN from {} ({} in all)", to_string(c.client), c.tcp.syn_count));
    b.saw(c.tcp.rst[host], fmt::format("RST from {}", to_string(c.host)));
    out.push_back(b.take());
}

void connect_no_answer(const Conversation& c, std::vector<Finding>& out) {
    Builder b{rule::connect_no_answer, c,
              fmt::format("nothing answered when {} tried to connect to {}", client_text(c), to_string(c.host))};
    b.saw(c.tcp.syn, fmt::format("SYN from {}, sent {} times", to_string(c.client), c.tcp.syn_count));
    const double seconds = static_cast<double>(c.last.time.ns - c.first.time.ns) / 1e9;
    b.saw(c.last,
          fmt::format("last attempt, {:.1f} s after the first; no SYN-ACK, RST or ICMP error in the capture", seconds));
    out.push_back(b.take());
}

void connect_rejected(const Conversation& c, std::vector<Finding>& out) {
    const auto& icmp = *c.tcp.icmp;
    const std::string who = to_string(icmp.sender);
    Builder b{rule::connect_rejected, c,
              fmt::format("{} rejected the TCP connection of {} to {}: ICMP {}", who, client_text(c), to_string(c.host),
                          icmp.text)};
    b.saw(c.tcp.syn, fmt::format("SYN from {} ({} in all)", to_string(c.client), c.tcp.syn_count));
    b.saw(icmp.mark, fmt::format("ICMP type {} code {} ({}) from {}{}", icmp.type, icmp.code, icmp.text, who,
                                 icmp.sender == c.host.ip ? ", the host itself" : ", a device on the way"));
    out.push_back(b.take());
}

const PduRecord* last_of(const Conversation& c, Side side) {
    const auto found =
        std::find_if(c.pdus.rbegin(), c.pdus.rend(), [side](const PduRecord& p) { return p.from == side; });
    return found == c.pdus.rend() ? nullptr : &*found;
}

const PduRecord* first_of_type(const Conversation& c, dcerpc::PduType type) {
    const auto found =
        std::find_if(c.pdus.begin(), c.pdus.end(), [type](const PduRecord& p) { return p.decoded.type() == type; });
    return found == c.pdus.end() ? nullptr : &*found;
}

std::string pdu_text(const PduRecord& p) {
    return fmt::format("{} of the {}, call id {}, {} bytes", dcerpc::name_of(p.decoded.type()),
                       p.from == Side::client ? "client" : "host", p.decoded.header.call_id,
                       p.decoded.header.frag_length);
}

// How the connection ended: the line that closes the evidence of most findings.
void add_end(Builder& b, const Conversation& c) {
    std::vector<std::pair<Mark, std::string>> ends{
        {c.tcp.rst[host], fmt::format("RST from {}", to_string(c.host))},
        {c.tcp.fin[host], fmt::format("FIN from {}", to_string(c.host))},
        {c.tcp.rst[client], fmt::format("RST from {}", to_string(c.client))},
        {c.tcp.fin[client], fmt::format("FIN from {}", to_string(c.client))},
    };
    std::erase_if(ends, [](const auto& end) { return !end.first; });
    std::sort(ends.begin(), ends.end(), [](const auto& x, const auto& y) { return x.first.packet < y.first.packet; });
    for (const auto& [mark, text] : ends) b.saw(mark, text);
    if (ends.empty()) {
        const double ms = static_cast<double>(c.last.time.ns - c.tcp.last_payload[client].time.ns) / 1e6;
        b.saw(c.last, fmt::format("last packet of the connection, {:.3f} ms after the client's last message", ms));
    }
}

void with_last_pdu(const Rule& r, const Conversation& c, std::string title, std::vector<Finding>& out) {
    Builder b{r, c, std::move(title)};
    if (const PduRecord* p = last_of(c, Side::client)) b.saw(p->last, pdu_text(*p));
    for (const Side side : {Side::client, Side::host}) {
        const auto i = static_cast<std::size_t>(side);
        if (c.partial_tail[i] == 0) continue;
        b.saw(c.tcp.last_payload[i], fmt::format("{} bytes of a message of the {} that never got complete",
                                                 c.partial_tail[i], side == Side::client ? "client" : "host"));
    }
    add_end(b, c);
    out.push_back(b.take());
}

std::string what_speaks(std::string_view opening) {
    if (opening.starts_with("HTTP/") || opening.find(" HTTP/1.") != std::string_view::npos) return "HTTP";
    if (opening.size() > 2 && (opening[0] == '\x16' || opening[0] == '\x15') && opening[1] == '\x03') return "TLS";
    if (opening.starts_with("SSH-")) return "SSH";
    if (opening.starts_with("220 ")) return "a mail or FTP server";
    return "another protocol";
}

void not_rpc(const Conversation& c, std::vector<Finding>& out) {
    const std::size_t side = c.not_rpc[host] ? host : client;
    const std::string& opening = c.opening[side];
    const std::string speaks = what_speaks(opening);
    Builder b{rule::not_rpc, c,
              side == host ? fmt::format("{} answers with {}, not with RPC", to_string(c.host), speaks)
                           : fmt::format("{} speaks {} to {}, not RPC", client_text(c), speaks, to_string(c.host))};
    if (const PduRecord* p = last_of(c, Side::client)) b.saw(p->last, pdu_text(*p));
    const Bytes shown = head(bytes_of(opening), 24);
    b.saw(c.tcp.first_payload[side],
          fmt::format("first bytes of the {}: \"{}\" ({})", side == host ? "host" : "client",
                      std::string_view{opening}.substr(0, opening.find_first_of("\r\n")), to_hex(shown)));
    add_end(b, c);
    out.push_back(b.take());
}

void bind_nak(const Conversation& c, std::vector<Finding>& out) {
    const PduRecord* p = first_of_type(c, dcerpc::PduType::bind_nak);
    const auto* nak = p->decoded.bind_nak();
    const std::string reason =
        nak == nullptr ? "reason not captured" : dcerpc::describe_reject_reason(nak->reject_reason);
    Builder b{rule::bind_nak, c,
              fmt::format("{} refused the RPC bind of {}: {}", to_string(c.host), client_text(c), reason)};
    if (const PduRecord* bind = first_of_type(c, dcerpc::PduType::bind)) b.saw(bind->last, pdu_text(*bind));
    b.saw(p->last, fmt::format("bind_nak, {}", reason));
    add_end(b, c);
    out.push_back(b.take());
}

void nothing_accepted(const Conversation& c, std::vector<Finding>& out) {
    const PduRecord* answer = nullptr;
    for (const PduRecord& p : c.pdus)
        if (p.decoded.bind_ack() != nullptr) answer = &p;
    if (answer == nullptr) return;
    const auto& results = answer->decoded.bind_ack()->results;
    const bool no_interface = std::any_of(results.begin(), results.end(), [](const auto& r) { return r.reason == 1; });
    Builder b{no_interface ? rule::bind_no_interface : rule::bind_no_syntax, c,
              no_interface ? fmt::format("{} is an RPC server that does not offer KMS", to_string(c.host))
                           : fmt::format("{} accepted none of the transfer syntaxes that {} offered", to_string(c.host),
                                         client_text(c))};
    if (const PduRecord* bind = first_of_type(c, dcerpc::PduType::bind)) b.saw(bind->last, pdu_text(*bind));
    if (results.empty()) b.saw(answer->last, "an answer without a result for any context");
    for (std::size_t i = 0; i < results.size(); ++i) {
        b.saw(answer->last, fmt::format("context {}: result {}, {}", i, results[i].result,
                                        dcerpc::describe_reason(results[i].reason)));
    }
    if (!answer->decoded.bind_ack()->secondary_address.empty()) {
        b.saw(fmt::format("secondary address of the answer: \"{}\"", answer->decoded.bind_ack()->secondary_address));
    }
    out.push_back(b.take());
}

void fault(const Conversation& c, std::vector<Finding>& out) {
    for (const PduRecord& p : c.pdus) {
        if (p.from != Side::host || p.decoded.type() != dcerpc::PduType::fault) continue;
        const auto* f = p.decoded.fault();
        const std::string status =
            f == nullptr || !p.decoded.complete()
                ? "of a status that is not in the capture"
                : fmt::format("{} ({})", format_code(f->status), dcerpc::fault_status_text(f->status));
        Builder b{rule::rpc_fault, c, fmt::format("{} answered with the RPC fault {}", to_string(c.host), status)};
        if (const PduRecord* request = first_of_type(c, dcerpc::PduType::request))
            b.saw(request->last, pdu_text(*request));
        b.saw(p.last, fmt::format("fault {}, call id {}", status, p.decoded.header.call_id));
        out.push_back(b.take());
    }
}

void by_outcome(const Conversation& c, Outcome outcome, std::vector<Finding>& out) {
    const std::string h = to_string(c.host);
    const std::string who = client_text(c);
    const bool bound = first_of_type(c, dcerpc::PduType::bind_ack) != nullptr || !c.exchanges.empty();
    switch (outcome) {
        case Outcome::complete: return;
        case Outcome::refused_by_rst: return connect_refused(c, out);
        case Outcome::no_answer_to_syn: return connect_no_answer(c, out);
        case Outcome::rejected_by_icmp: return connect_rejected(c, out);
        case Outcome::not_rpc: return not_rpc(c, out);
        case Outcome::bind_refused_by_nak: return bind_nak(c, out);
        case Outcome::interface_not_supported: return nothing_accepted(c, out);
        case Outcome::fault: return fault(c, out);
        case Outcome::no_answer_to_bind:
            return with_last_pdu(rule::bind_no_answer, c, fmt::format("{} never answered the RPC bind of {}", h, who),
                                 out);
        case Outcome::reset_by_host_after_bind:
            return with_last_pdu(rule::bind_reset, c,
                                 fmt::format("{} reset the connection of {} after the RPC bind", h, who), out);
        case Outcome::reset_by_host_after_request:
            return with_last_pdu(rule::request_reset, c,
                                 fmt::format("{} reset the connection of {} instead of answering the request", h, who),
                                 out);
        case Outcome::request_unanswered:
            return with_last_pdu(rule::request_no_answer, c, fmt::format("{} never answered a request of {}", h, who),
                                 out);
        case Outcome::closed_by_host_mid_response:
            return with_last_pdu(rule::response_cut, c,
                                 fmt::format("{} closed the connection in the middle of its answer to {}", h, who),
                                 out);
        case Outcome::closed_by_client_mid_pdu:
            return with_last_pdu(rule::client_cut, c,
                                 fmt::format("{} closed the connection to {} in the middle of a message", who, h), out);
        case Outcome::closed_by_host_idle:
            return with_last_pdu(
                rule::bind_idle, c,
                fmt::format("{} bound to {} but sent no request; the host closed the connection", who, h), out);
        case Outcome::closed_by_host_without_response:
            if (c.pdus.empty()) {
                return with_last_pdu(rule::connect_closed, c,
                                     fmt::format("{} closed the connection of {} before any RPC", h, who), out);
            }
            return bound
                       ? with_last_pdu(
                             rule::request_closed, c,
                             fmt::format("{} closed the connection of {} instead of answering the request", h, who),
                             out)
                       : with_last_pdu(
                             rule::bind_closed, c,
                             fmt::format("{} closed the connection of {} instead of answering the bind", h, who), out);
    }
}

void about_capture(const Conversation& c, std::vector<Finding>& out) {
    if (c.gap_size > 0) {
        out.push_back(
            Builder{rule::capture_gap, c,
                    fmt::format("{} bytes between {} and {} are not in the capture", c.gap_size, to_string(c.client),
                                to_string(c.host))}
                .saw(fmt::format("{} bytes were sent or confirmed, but no packet of the capture has them", c.gap_size))
                .take());
    }
    if (c.cut_size > 0) {
        out.push_back(
            Builder{
                rule::capture_cut_packets, c,
                fmt::format("the capture cut packets between {} and {} short", to_string(c.client), to_string(c.host))}
                .saw(fmt::format("{} bytes at the ends of packets were sent, but not captured (snapshot length)",
                                 c.cut_size))
                .take());
    }
    if (c.conflict_size > 0) {
        out.push_back(Builder{rule::capture_overlap, c,
                              fmt::format("retransmitted bytes between {} and {} differ from the first copy",
                                          to_string(c.client), to_string(c.host))}
                          .saw(fmt::format("{} bytes differ; the first copy was decoded", c.conflict_size))
                          .take());
    }
    if (!c.start_seen && c.part == 1 && c.tcp.established) {
        out.push_back(Builder{rule::capture_no_start, c,
                              fmt::format("the capture begins in the middle of the connection of {} to {}",
                                          client_text(c), to_string(c.host))}
                          .saw(c.first, "first packet of the connection in the capture; no SYN before it")
                          .take());
    }
    if (c.continues) {
        out.push_back(Builder{
            rule::capture_limit, c,
            fmt::format("the conversation of {} with {} is reported in parts", to_string(c.client), to_string(c.host))}
                          .saw(c.last, fmt::format("last packet of part {}", c.part))
                          .take());
    }
}

}  // namespace

std::vector<Finding> check_conversation(const Conversation& c, Outcome outcome) {
    std::vector<Finding> findings;
    by_outcome(c, outcome, findings);
    check_exchanges(c, findings);
    about_capture(c, findings);
    std::stable_sort(findings.begin(), findings.end(),
                     [](const Finding& a, const Finding& b) { return a.rule->severity > b.rule->severity; });
    return findings;
}

}  // namespace diag::check
