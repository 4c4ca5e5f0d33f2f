#include "libdiag/check/conversation_findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/check/capture_findings.h"
#include "libdiag/check/exchange_findings.h"
#include "libdiag/check/finding_builder.h"
#include "libdiag/check/path_findings.h"
#include "libdiag/check/rpc_codes.h"
#include "libdiag/check/rules.h"
#include "libdiag/proto/dcerpc/names.h"

namespace diag::check {
namespace {

using dissect::Conversation;
using dissect::Mark;
using dissect::PduRecord;
using dissect::Side;
using Builder = FindingBuilder;

constexpr std::size_t client = 0;
constexpr std::size_t host = 1;

void connect_refused(const Conversation& c, std::vector<Finding>& out) {
    Builder b{rule::connect_refused, c,
              fmt::format("{} refused the TCP connection of {}", to_string(c.host), client_text(c))};
    b.saw(c.tcp.syn, fmt::format("SYN from {}, sent {}", to_string(c.client), times_text(c.tcp.syn_count)));
    b.saw(c.tcp.rst[host], fmt::format("RST from {}", to_string(c.host)));
    out.push_back(b.take());
}

void connect_no_answer(const Conversation& c, std::vector<Finding>& out) {
    Builder b{rule::connect_no_answer, c,
              fmt::format("nothing answered when {} tried to connect to {}", client_text(c), to_string(c.host))};
    b.saw(c.tcp.syn, fmt::format("SYN from {}, sent {}", to_string(c.client), times_text(c.tcp.syn_count)));
    if (c.tcp.syn_count > 1 && !c.live)  // of our own attempts the system only tells how many
        b.saw(c.last, fmt::format("last attempt, {} after the first", seconds_text(c.last.time.ns - c.first.time.ns)));
    b.saw(fmt::format("no SYN-ACK, RST or ICMP error {} {}{}", c.live ? "within" : "in the",
                      seconds_text(c.observed_until.ns - c.last.time.ns), c.live ? "" : " that the capture goes on"));
    out.push_back(b.take());
}

// Network or host unreachable (RFC 792; RFC 4443: no route, address unreachable): nobody forbids, somebody is missing.
bool is_unreachable(const dissect::IcmpError& icmp) {
    if (icmp.sender.family == IpAddress::Family::v4) return icmp.type == 3 && icmp.code <= 1;
    return icmp.type == 1 && (icmp.code == 0 || icmp.code == 3);
}

void connect_rejected(const Conversation& c, std::vector<Finding>& out) {
    const auto& icmp = *c.tcp.icmp;
    const std::string who = to_string(icmp.sender);
    Builder b{rule::connect_rejected, c,
              fmt::format("{} rejected the TCP connection of {} to {}: ICMP {}", who, client_text(c), to_string(c.host),
                          icmp.text)};
    b.saw(c.tcp.syn, fmt::format("SYN from {}, sent {}", to_string(c.client), times_text(c.tcp.syn_count)));
    b.saw(icmp.mark, fmt::format("ICMP type {} code {} ({}) from {}{}", icmp.type, icmp.code, icmp.text, who,
                                 icmp.sender == c.host.ip ? ", the host itself" : ", a device on the way"));
    if (icmp.sender == c.host.ip) b.points_to(0, 1);
    if (is_unreachable(icmp)) b.points_to(1, 0);
    out.push_back(b.take());
}

const PduRecord* last_of(const Conversation& c, Side side) {
    const auto found =
        std::find_if(c.pdus.rbegin(), c.pdus.rend(), [side](const PduRecord& p) { return p.from == side; });
    return found == c.pdus.rend() ? nullptr : &*found;
}

// What a PDU of the host answers: the client's PDU before it with this call id, or whatever the client sent last before it.
const PduRecord* asked_by(const Conversation& c, const PduRecord& answer) {
    const PduRecord* latest = nullptr;
    for (const PduRecord* p = &answer; p-- != c.pdus.data();) {
        if (p->from != Side::client) continue;
        if (p->decoded.header.call_id == answer.decoded.header.call_id) return p;
        if (latest == nullptr) latest = p;
    }
    return latest;
}

const PduRecord* first_of_type(const Conversation& c, dcerpc::PduType type) {
    const auto found =
        std::find_if(c.pdus.begin(), c.pdus.end(), [type](const PduRecord& p) { return p.decoded.type() == type; });
    return found == c.pdus.end() ? nullptr : &*found;
}

// How the connection ended: the line that closes the evidence of most findings.
void add_end(Builder& b, const Conversation& c) {
    std::vector<std::pair<Mark, std::string>> ends{
        {c.tcp.rst[host], fmt::format("RST from {}", to_string(c.host))},
        {c.tcp.fin[host], fmt::format("FIN from {}", to_string(c.host))},
        {c.tcp.rst[client], fmt::format("RST from {}", to_string(c.client))},
        {c.tcp.fin[client], fmt::format("FIN from {}", to_string(c.client))},
    };
    for (const PduRecord& p : c.pdus)
        if (is_late(c, p)) ends.emplace_back(p.last, pdu_text(p) + ": too late, the client had closed already");
    std::erase_if(ends, [](const auto& end) { return !end.first; });
    std::sort(ends.begin(), ends.end(), [](const auto& x, const auto& y) { return x.first.packet < y.first.packet; });
    for (const auto& [mark, text] : ends) b.saw(mark, text);
    if (ends.empty()) {
        const Timestamp until = c.live ? c.observed_until : c.last.time;
        const double ms = static_cast<double>(until.ns - last_asked(c).time.ns) / 1e6;
        if (c.live) {
            b.saw(fmt::format("no answer within {:.0f} ms of it", ms));
        } else {
            b.saw(c.last, fmt::format("last packet of the connection, {:.3f} ms after the client's last message", ms));
        }
    }
}

void add_partial_tails(Builder& b, const Conversation& c) {
    for (const Side side : {Side::client, Side::host}) {
        const auto i = static_cast<std::size_t>(side);
        if (c.partial_tail[i] == 0) continue;
        b.saw(c.tcp.last_payload[i], fmt::format("{} bytes of a message of the {} that never got complete",
                                                 c.partial_tail[i], side == Side::client ? "client" : "host"));
    }
}

void with_last_pdu(const Rule& r, const Conversation& c, std::string title, std::vector<Finding>& out) {
    Builder b{r, c, std::move(title)};
    if (const PduRecord* p = last_of(c, Side::client)) b.saw(p->last, pdu_text(*p));
    add_partial_tails(b, c);
    add_end(b, c);
    out.push_back(b.take());
}

std::string_view what_speaks(std::string_view opening) {
    if (opening.starts_with("HTTP/") || opening.find(" HTTP/1.") != std::string_view::npos) return "HTTP";
    if (opening.size() > 2 && (opening[0] == '\x16' || opening[0] == '\x15') && opening[1] == '\x03') return "TLS";
    if (opening.starts_with("SSH-")) return "SSH";
    if (opening.starts_with("220 ") || opening.starts_with("220-")) return "the greeting of a mail or FTP server";
    if (opening.starts_with('\x05')) return "a broken RPC header";
    return "another protocol";
}

// The first line of what was said instead of RPC, and its bytes.
std::string quote(std::string_view opening) {
    constexpr std::size_t quoted_size = 24;
    const std::string_view text = opening.substr(0, std::min(quoted_size, opening.find_first_of("\r\n")));
    return fmt::format("\"{}\" ({})", text, to_hex(head(bytes_of(opening), quoted_size)));
}

void host_not_rpc(const Conversation& c, std::vector<Finding>& out) {
    const auto& junk = c.junk[host];
    const std::string_view speaks = what_speaks(junk.opening);
    Builder b{rule::not_rpc, c, fmt::format("{} answers with {}, not with RPC", to_string(c.host), speaks)};
    if (const PduRecord* p = last_of(c, Side::client)) b.saw(p->last, pdu_text(*p));
    b.saw(junk.first, fmt::format("first bytes of the host: {}", quote(junk.opening)));
    add_end(b, c);
    const bool may_be_proxy = speaks == "HTTP" || speaks == "TLS";
    may_be_proxy ? b.points_to(1, 0) : b.points_to(0, 1);
    out.push_back(b.take());
}

void client_not_rpc(const Conversation& c, std::vector<Finding>& out) {
    const auto& junk = c.junk[client];
    Builder b{rule::client_not_rpc, c,
              fmt::format("{} does not speak RPC to {} but {}", client_text(c), to_string(c.host),
                          what_speaks(junk.opening))};
    b.saw(junk.first, fmt::format("first bytes of the client: {}", quote(junk.opening)));
    add_end(b, c);
    out.push_back(b.take());
}

// Bytes between the PDUs of a conversation that is RPC.
void broken_rpc(const Conversation& c, Outcome outcome, std::vector<Finding>& out) {
    if (outcome == Outcome::not_rpc) return;
    for (const Side side : {Side::client, Side::host}) {
        const auto& junk = c.junk[static_cast<std::size_t>(side)];
        if (junk.size == 0) continue;
        const Endpoint& who = side == Side::client ? c.client : c.host;
        out.push_back(
            Builder{rule::rpc_broken, c,
                    fmt::format("{} of the bytes from {} belong to no RPC message", junk.size, to_string(who))}
                .saw(junk.first, fmt::format("a message should begin here, and these bytes stand in its place: {}",
                                             quote(junk.opening)))
                .take());
    }
}

// No answer yet, and nobody could expect one so soon.
void capture_ends(const Conversation& c, Outcome outcome, std::vector<Finding>& out) {
    const bool connecting = outcome == Outcome::no_answer_to_syn;
    const std::string_view what = connecting                              ? "the TCP connection"
                                  : outcome == Outcome::no_answer_to_bind ? "the RPC bind"
                                                                          : "the request";
    const std::string who = client_text(c);
    Builder b{c.reported_early ? rule::capture_limit : rule::capture_ends, c,
              c.reported_early
                  ? fmt::format("the conversation of {} with {} was reported before its end", who, to_string(c.host))
                  : fmt::format("the capture ends before {} could answer {} of {}", to_string(c.host), what, who)};
    const PduRecord* p = last_of(c, Side::client);
    const Mark last = last_asked(c);
    b.saw(last, connecting     ? fmt::format("SYN from {}", to_string(c.client))
                : p != nullptr ? pdu_text(*p)
                               : "last bytes of the client");
    add_partial_tails(b, c);
    b.saw(fmt::format("the capture goes on for {} behind it", seconds_text(c.observed_until.ns - last.time.ns)));
    out.push_back(b.take());
}

// Indexes into the causes and remedies of the rule.
struct Pointer {
    std::size_t cause, remedy;
};

Pointer nak_points_to(std::uint16_t reject_reason) {
    switch (reject_reason) {
        case 4: return {.cause = 1, .remedy = 1};  // protocol version
        case 8:                                    // authentication type
        case 9: return {.cause = 2, .remedy = 3};  // checksum
        default: return {.cause = 0, .remedy = 0};
    }
}

Pointer fault_points_to(std::uint32_t status) {
    switch (status) {
        case 0x1C010003:                                    // nca_unk_if
        case 0x1C00001C: return {.cause = 1, .remedy = 1};  // unknown context
        case 0x1C010014: return {.cause = 2, .remedy = 1};  // nca_server_too_busy
        case 0x000006F7:                                    // bad stub data
        case 0x1C01000B: return {.cause = 3, .remedy = 2};  // nca_proto_error
        case 0x1C010002: return {.cause = 4, .remedy = 1};  // nca_op_rng_error
        default: return {.cause = 0, .remedy = 0};
    }
}

void bind_nak(const Conversation& c, std::vector<Finding>& out) {
    const PduRecord* p = first_of_type(c, dcerpc::PduType::bind_nak);
    const auto* nak = p->decoded.bind_nak();
    const std::string reason =
        nak == nullptr ? "reason not captured" : dcerpc::describe_reject_reason(nak->reject_reason);
    Builder b{rule::bind_nak, c,
              fmt::format("{} refused the RPC bind of {}: {}", to_string(c.host), client_text(c), reason)};
    if (const PduRecord* asked = asked_by(c, *p)) b.saw(asked->last, pdu_text(*asked));
    b.saw(p->last, fmt::format("bind_nak, {}", reason));
    add_end(b, c);
    if (nak != nullptr) {
        const auto [cause, remedy] = nak_points_to(nak->reject_reason);
        b.points_to(cause, remedy).inner_code(inner_code_of_nak(nak->reject_reason));
    }
    out.push_back(b.take());
}

// What a client makes of the rejections: reason 2 decides, else the first of them. Nothing for an answer without any.
std::optional<std::uint32_t> code_of_rejections(const std::vector<dcerpc::ContextResult>& results) {
    std::optional<std::uint32_t> first;
    for (const auto& r : results) {
        if (r.result == dcerpc::acceptance || r.result == dcerpc::negotiate_ack) continue;
        if (r.result == dcerpc::provider_rejection && r.reason == 2) return std::nullopt;  // the code of the rule
        if (!first) first = inner_code_of_rejection(r.result, r.reason);
    }
    return first;
}

std::string result_text(const dcerpc::ContextResult& r) {
    if (r.result != dcerpc::acceptance)
        return fmt::format("result {}, {}", r.result, dcerpc::describe_reason(r.reason));
    return fmt::format("accepted with the transfer syntax {}", to_string(r.transfer_syntax));
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
    if (const PduRecord* asked = asked_by(c, *answer)) b.saw(asked->last, pdu_text(*asked));
    if (results.empty()) b.saw(answer->last, "an answer without a result for any context");
    for (std::size_t i = 0; i < results.size(); ++i) {
        b.saw(answer->last, fmt::format("context {}: {}", i, result_text(results[i])));
    }
    if (!answer->decoded.bind_ack()->secondary_address.empty()) {
        b.saw(fmt::format("secondary address of the answer: \"{}\"", answer->decoded.bind_ack()->secondary_address));
    }
    if (!no_interface)
        if (const auto code = code_of_rejections(results)) b.inner_code(*code);
    out.push_back(b.take());
}

// The response to a call that was made and granted after this PDU.
const PduRecord* later_success(const Conversation& c, const PduRecord& fault) {
    const auto index = static_cast<std::size_t>(&fault - c.pdus.data());
    const auto found = std::find_if(c.exchanges.begin(), c.exchanges.end(), [index](const dissect::Exchange& e) {
        return e.request_pdu > index && e.response_pdu && e.hresult == 0U;
    });
    return found == c.exchanges.end() ? nullptr : &c.pdus[*found->response_pdu];
}

void fault(const Conversation& c, std::vector<Finding>& out) {
    for (const PduRecord& p : c.pdus) {
        if (p.from != Side::host || p.decoded.type() != dcerpc::PduType::fault) continue;
        const auto* f = p.decoded.fault();
        const std::string status =
            f == nullptr || !p.decoded.complete()
                ? "of a status that is not in the capture"
                : fmt::format("{} ({})", format_code(f->status), dcerpc::fault_status_text(f->status));
        const PduRecord* success = later_success(c, p);
        Builder b{success != nullptr ? rule::rpc_fault_retried : rule::rpc_fault, c,
                  fmt::format("{} answered with the RPC fault {}{}", to_string(c.host), status,
                              success != nullptr ? ", and a later call well" : "")};
        if (const PduRecord* asked = asked_by(c, p)) b.saw(asked->last, pdu_text(*asked));
        b.saw(p.last, fmt::format("fault {}, call id {}", status, p.decoded.header.call_id));
        if (success != nullptr) {
            b.saw(success->last, pdu_text(*success));
        } else if (f != nullptr && p.decoded.complete()) {
            const auto [cause, remedy] = fault_points_to(f->status);
            b.points_to(cause, remedy).inner_code(inner_code_of_fault(f->status));
        }
        out.push_back(b.take());
    }
}

// A host that ends a connection on which nothing is asked, some time after it answered the bind.
bool was_idle_before_reset(const Conversation& c) {
    constexpr std::int64_t idle_ns = 5'000'000'000;
    const PduRecord* answer = last_of(c, Side::host);
    return answer != nullptr && !is_last_bind_open(c) && c.tcp.rst[host].time.ns - answer->last.time.ns > idle_ns;
}

void by_outcome(const Conversation& c, Outcome outcome, std::vector<Finding>& out) {
    const std::string h = to_string(c.host);
    const std::string who = client_text(c);
    if (is_too_soon_to_tell(c, outcome)) return capture_ends(c, outcome, out);
    switch (outcome) {
        case Outcome::complete: return;
        case Outcome::refused_by_rst: return connect_refused(c, out);
        case Outcome::no_answer_to_syn: return connect_no_answer(c, out);
        case Outcome::rejected_by_icmp: return connect_rejected(c, out);
        case Outcome::not_rpc: return c.not_rpc[host] ? host_not_rpc(c, out) : client_not_rpc(c, out);
        case Outcome::bind_refused_by_nak: return bind_nak(c, out);
        case Outcome::interface_not_supported: return nothing_accepted(c, out);
        case Outcome::fault: return fault(c, out);
        case Outcome::no_answer_to_bind:
            return with_last_pdu(rule::bind_no_answer, c, fmt::format("{} never answered the RPC bind of {}", h, who),
                                 out);
        case Outcome::reset_by_host_after_bind:
            if (was_idle_before_reset(c)) {
                return with_last_pdu(
                    rule::bind_idle, c,
                    fmt::format("{} bound to {} but sent no request; the host reset the connection", who, h), out);
            }
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
            if (!is_bound(c) || is_last_bind_open(c)) {
                return with_last_pdu(c.tcp.rst[host] && !c.tcp.fin[host] ? rule::bind_reset : rule::bind_closed, c,
                                     fmt::format("{} ended the connection in the middle of its answer to the RPC bind "
                                                 "of {}",
                                                 h, who),
                                     out);
            }
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
            if (!c.tcp.first_payload[client]) {
                return with_last_pdu(rule::connect_closed, c,
                                     fmt::format("{} closed the connection of {} before any RPC", h, who), out);
            }
            if (!is_bound(c) || is_last_bind_open(c)) {
                return with_last_pdu(
                    rule::bind_closed, c,
                    fmt::format("{} closed the connection of {} instead of answering the bind", h, who), out);
            }
            return with_last_pdu(rule::request_closed, c,
                                 fmt::format("{} closed the connection of {} instead of answering the request", h, who),
                                 out);
    }
}

}  // namespace

std::vector<Finding> check_conversation(const Conversation& c, Outcome outcome) {
    std::vector<Finding> findings;
    by_outcome(c, outcome, findings);
    check_exchanges(c, findings);
    broken_rpc(c, outcome, findings);
    check_capture(c, findings);
    check_path(c, outcome, findings);
    std::stable_sort(findings.begin(), findings.end(),
                     [](const Finding& a, const Finding& b) { return a.rule->severity > b.rule->severity; });
    return findings;
}

}  // namespace diag::check
