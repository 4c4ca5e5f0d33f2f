#include "libdiag/check/outcome.h"

#include <algorithm>
#include <array>
#include <optional>

#include "libdiag/lang/language.h"

namespace diag::check {
namespace {

using dissect::Conversation;
using dissect::Exchange;
using dissect::PduRecord;
using dissect::Side;

constexpr std::array<std::string_view, outcome_count> names = {{
    "complete",
    "request_unanswered",
    "refused_by_rst",
    "no_answer_to_syn",
    "rejected_by_icmp",
    "reset_by_host_after_bind",
    "reset_by_host_after_request",
    "closed_by_host_without_response",
    "closed_by_host_mid_response",
    "closed_by_host_idle",
    "closed_by_client_mid_pdu",
    "no_answer_to_bind",
    "bind_refused_by_nak",
    "interface_not_supported",
    "not_rpc",
    "fault",
}};

constexpr std::size_t client = 0;
constexpr std::size_t host = 1;
constexpr std::uint16_t abstract_syntax_not_supported = 1;

std::optional<Outcome> before_connection(const Conversation& c) {
    if (c.tcp.established) return std::nullopt;
    if (c.tcp.rst[host]) return Outcome::refused_by_rst;
    if (c.tcp.icmp) return Outcome::rejected_by_icmp;
    return Outcome::no_answer_to_syn;
}

// Whether the host sent a PDU of this type; what a client sends in its place means nothing.
bool has(const Conversation& c, dcerpc::PduType type) {
    return std::any_of(c.pdus.begin(), c.pdus.end(),
                       [type](const PduRecord& p) { return p.from == Side::host && p.decoded.type() == type; });
}

const PduRecord* last_bind(const Conversation& c) {
    const auto bind = std::find_if(c.pdus.rbegin(), c.pdus.rend(), [](const PduRecord& p) {
        return p.from == Side::client && p.decoded.bind() != nullptr;
    });
    return bind == c.pdus.rend() ? nullptr : &*bind;
}

// Bytes of the host that the capture lost may have been the answer.
bool is_answered(const Conversation& c, const PduRecord& bind) {
    const auto behind = c.pdus.begin() + (&bind - c.pdus.data()) + 1;
    return c.missing_size[host] > 0 || std::any_of(behind, c.pdus.end(), [&c](const PduRecord& p) {
               return p.from == Side::host && p.decoded.type() != dcerpc::PduType::shutdown && !is_late(c, p);
           });
}

// A server that does not know the interface does not know it in any context.
bool has_no_interface(const dcerpc::BindAck& ack) {
    return std::any_of(ack.results.begin(), ack.results.end(), [](const auto& r) {
        return r.result == dcerpc::provider_rejection && r.reason == abstract_syntax_not_supported;
    });
}

// A context is accepted with one of the syntaxes that the client offered in it; with any other it cannot call.
bool is_accepted(const dcerpc::BindAck& ack, std::size_t index, const dcerpc::Bind* offer) {
    const dcerpc::ContextResult& result = ack.results[index];
    if (result.result != dcerpc::acceptance) return false;
    if (offer == nullptr || index >= offer->contexts.size()) return true;  // the offer is not in the capture
    const auto& syntaxes = offer->contexts[index].transfer_syntaxes;
    return syntaxes.empty() || std::any_of(syntaxes.begin(), syntaxes.end(),
                                           [&](const auto& s) { return s.uuid == result.transfer_syntax; });
}

// The host's last word on what it offers: no context of it can carry a call.
bool nothing_accepted(const Conversation& c) {
    bool answered = false;
    bool accepted = false;
    const dcerpc::Bind* offer = nullptr;
    for (const PduRecord& p : c.pdus) {
        if (const auto* bind = p.decoded.bind()) offer = bind;
        const auto* ack = p.decoded.bind_ack();
        if (ack == nullptr) continue;
        const bool all_known =
            !p.cut || (offer != nullptr && !offer->contexts.empty() && ack->results.size() >= offer->contexts.size());
        if (!all_known && !has_no_interface(*ack)) continue;
        answered = true;
        for (std::size_t i = 0; i < ack->results.size(); ++i) accepted = accepted || is_accepted(*ack, i, offer);
        accepted = accepted && !has_no_interface(*ack);
    }
    return answered && !accepted;
}

bool closed_first(const Conversation& c, Side side) { return c.tcp.closed_first == side; }

// A call or a bind was left without an answer: who ended it?
Outcome unanswered(const Conversation& c, Outcome after_reset, Outcome silence) {
    if (closed_first(c, Side::host)) {
        return c.tcp.rst[host] && !c.tcp.fin[host] ? after_reset : Outcome::closed_by_host_without_response;
    }
    return silence;
}

// The first call that nobody answered, as far as the capture can know.
const Exchange* open_exchange(const Conversation& c) {
    const auto open = std::find_if(c.exchanges.begin(), c.exchanges.end(), [&c](const Exchange& e) {
        return e.response_pdu ? is_late(c, c.pdus[*e.response_pdu]) : !e.answer_not_captured;
    });
    return open == c.exchanges.end() ? nullptr : &*open;
}

// Nothing is left open, and there was no call either.
Outcome without_request(const Conversation& c) {
    if (!closed_first(c, Side::host)) return Outcome::complete;
    const bool may_have_said_more = c.pdus.empty() ? c.gap_size + c.cut_size > 0 : c.gap_size > 0;
    if (may_have_said_more) return Outcome::complete;
    if (c.pdus.empty()) return Outcome::closed_by_host_without_response;
    if (has(c, dcerpc::PduType::response)) return Outcome::complete;
    return c.tcp.rst[host] && !c.tcp.fin[host] ? Outcome::reset_by_host_after_bind : Outcome::closed_by_host_idle;
}

// The client's last message never got complete.
Outcome cut_by_client(const Conversation& c) {
    if (closed_first(c, Side::client)) return Outcome::closed_by_client_mid_pdu;
    return is_bound(c) ? unanswered(c, Outcome::reset_by_host_after_request, Outcome::request_unanswered)
                       : unanswered(c, Outcome::reset_by_host_after_bind, Outcome::no_answer_to_bind);
}

}  // namespace

std::string_view name_of(Outcome outcome) { return names[static_cast<std::size_t>(outcome)]; }

std::string_view describe(Outcome outcome) {
    using lang::tr;
    switch (outcome) {
        case Outcome::complete: return tr("every request was answered");
        case Outcome::request_unanswered: return tr("the host never answered a request");
        case Outcome::refused_by_rst: return tr("the host refused the TCP connection (RST)");
        case Outcome::no_answer_to_syn: return tr("nothing answered the TCP connection attempt");
        case Outcome::rejected_by_icmp: return tr("an ICMP error rejected the TCP connection attempt");
        case Outcome::reset_by_host_after_bind: return tr("the host reset the connection after the bind");
        case Outcome::reset_by_host_after_request: return tr("the host reset the connection after the request");
        case Outcome::closed_by_host_without_response: return tr("the host closed the connection instead of answering");
        case Outcome::closed_by_host_mid_response:
            return tr("the host closed the connection in the middle of its answer");
        case Outcome::closed_by_host_idle: return tr("bound, but the client never sent a request; the host closed");
        case Outcome::closed_by_client_mid_pdu:
            return tr("the client closed the connection in the middle of its message");
        case Outcome::no_answer_to_bind: return tr("the host never answered the bind");
        case Outcome::bind_refused_by_nak: return tr("the host refused the bind (bind_nak)");
        case Outcome::interface_not_supported: return tr("an RPC server, but it does not offer KMS");
        case Outcome::not_rpc: return tr("the port speaks another protocol than RPC");
        case Outcome::fault: return tr("the host answered with an RPC fault");
    }
    return {};
}

std::optional<Outcome> parse_outcome(std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<Outcome>(i);
    return std::nullopt;
}

bool is_late(const Conversation& c, const PduRecord& pdu) {
    if (pdu.from != Side::host || !c.tcp.rst[client] || !c.tcp.received_at_close) return false;
    return pdu.stream_offset + static_cast<std::int64_t>(pdu.raw.size()) > *c.tcp.received_at_close;
}

// Calls prove a bind that is not in the capture, but not against a bind_nak that is: then only their answers do.
bool is_bound(const Conversation& c) {
    if (has(c, dcerpc::PduType::bind_ack)) return true;
    if (!has(c, dcerpc::PduType::bind_nak)) return !c.exchanges.empty();
    return std::any_of(c.exchanges.begin(), c.exchanges.end(),
                       [](const Exchange& e) { return e.response_pdu.has_value(); });
}

bool is_last_bind_open(const Conversation& c) {
    const PduRecord* bind = last_bind(c);
    return bind != nullptr && !is_answered(c, *bind);
}

Outcome outcome_of(const Conversation& c) {
    if (const auto outcome = before_connection(c)) return *outcome;
    if (c.not_rpc[client] || c.not_rpc[host]) return Outcome::not_rpc;
    // Of several answers to a bind the last one counts.
    if (has(c, dcerpc::PduType::bind_nak) && !is_bound(c)) return Outcome::bind_refused_by_nak;
    if (nothing_accepted(c)) return Outcome::interface_not_supported;
    if (has(c, dcerpc::PduType::fault)) return Outcome::fault;

    if (c.partial_tail[host] != 0 && (c.tcp.fin[host] || c.tcp.rst[host]) && !closed_first(c, Side::client)) {
        return Outcome::closed_by_host_mid_response;
    }
    if (const Exchange* open = open_exchange(c)) {
        if (open->response_begun && closed_first(c, Side::host)) return Outcome::closed_by_host_mid_response;
        if (open->request_cut) return cut_by_client(c);
        return unanswered(c, Outcome::reset_by_host_after_request, Outcome::request_unanswered);
    }
    if (c.partial_tail[client] != 0) return cut_by_client(c);
    if (is_last_bind_open(c)) {
        return unanswered(c, Outcome::reset_by_host_after_bind, Outcome::no_answer_to_bind);
    }
    if (!c.exchanges.empty()) return Outcome::complete;
    // What the client said instead of a request was no RPC.
    if (c.junk[client].size != 0) {
        return unanswered(c, Outcome::reset_by_host_after_request, Outcome::request_unanswered);
    }
    return without_request(c);
}

}  // namespace diag::check
