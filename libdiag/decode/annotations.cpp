#include "libdiag/decode/annotations.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/check/event_text.h"
#include "libdiag/decode/conversation_text.h"
#include "libdiag/decode/names.h"
#include "libdiag/lang/message.h"

namespace diag::decode {
namespace {

using dissect::Conversation;
using dissect::Exchange;
using dissect::Mark;
using dissect::PduRecord;
using dissect::Side;
using lang::say;
using lang::tr;

constexpr std::size_t max_name_size = 253;
constexpr std::size_t max_label_size = 63;

std::size_t index_of(Side side) { return static_cast<std::size_t>(side); }

class Notes {
public:
    void add(const Mark& mark, std::string text) {
        if (mark) notes_.push_back({mark.packet, std::move(text)});
    }
    std::vector<Annotation> take() { return std::move(notes_); }

private:
    std::vector<Annotation> notes_;
};

std::string host_text(const Conversation& c) {
    if (c.host_name.empty()) return to_string(c.host);
    return fmt::format("{} ({})", to_string(c.host), printable_names(c.host_name));
}

std::string syn_text(const Conversation& c) {
    std::string text = say("client {} connects to KMS host {}", to_string(c.client.ip), host_text(c));
    if (c.found_through) text = say("{}, found through {}", text, printable_names(c.found_through->query));
    if (c.tcp.syn_count > 1) text += "; " + say("sent {} times", c.tcp.syn_count);
    return text;
}

std::string reset_text(const Conversation& c, Side side) {
    if (side == Side::client) return std::string{tr("the client resets the connection (RST)")};
    if (c.tcp.established) return std::string{tr("the host resets the connection (RST)")};
    return say("connection refused (RST): nothing listens on TCP port {}, or a firewall answers in its place",
               c.host.port);
}

std::string_view close_text(Side side) {
    return side == Side::client ? tr("the client closes the connection (FIN)")
                                : tr("the host closes the connection (FIN)");
}

// An orderly end needs no words.
bool decides(check::Outcome outcome) {
    using check::Outcome;
    return outcome == Outcome::closed_by_host_without_response || outcome == Outcome::closed_by_host_mid_response ||
           outcome == Outcome::closed_by_host_idle || outcome == Outcome::closed_by_client_mid_pdu ||
           outcome == Outcome::not_rpc;
}

void add_connection(Notes& notes, const Conversation& c, check::Outcome outcome) {
    notes.add(c.tcp.syn, syn_text(c));
    notes.add(c.tcp.syn_ack, say("the host accepts the connection on TCP port {}", c.host.port));
    for (const Side side : {Side::client, Side::host}) {
        notes.add(c.tcp.rst[index_of(side)], reset_text(c, side));
        if (decides(outcome) && c.tcp.closed_first == side)
            notes.add(c.tcp.fin[index_of(side)], std::string{close_text(side)});
    }
    if (c.tcp.icmp) {
        notes.add(c.tcp.icmp->mark, say("{} says that the connection to the KMS host is not possible: {}",
                                        to_string(c.tcp.icmp->sender), c.tcp.icmp->text));
    }
}

std::string offer_text(const dcerpc::Bind& bind) {
    std::string syntaxes;
    for (const auto& item : bind.contexts) {
        if (!syntaxes.empty()) syntaxes += ", ";
        syntaxes += item.transfer_syntaxes.empty() ? tr("no syntax")
                                                   : dcerpc::describe_syntax(item.transfer_syntaxes.front().uuid);
    }
    if (syntaxes.empty()) syntaxes = tr("nothing that is in the capture");
    if (bind.offers(dcerpc::kms_interface_id)) return say("client offers {} for the KMS interface", syntaxes);
    return say("client offers {}", syntaxes);
}

// What the host says of one offer.
std::string result_text(const dcerpc::ContextResult& result, std::string_view offer) {
    switch (result.result) {
        case dcerpc::acceptance: return say("{} accepted", offer);
        case dcerpc::negotiate_ack: return say("{} negotiated", offer);
        case dcerpc::user_rejection: return say("{} refused by the server", offer);
        case dcerpc::provider_rejection: return say("{} refused, {}", offer, dcerpc::describe_reason(result.reason));
        default: return say("{} result {}", offer, result.result);
    }
}

std::string answer_text(const dcerpc::BindAck& ack, const dcerpc::Bind* bind) {
    std::string text;
    for (std::size_t i = 0; i < ack.results.size(); ++i) {
        if (!text.empty()) text += "; ";
        const bool is_known =
            bind != nullptr && i < bind->contexts.size() && !bind->contexts[i].transfer_syntaxes.empty();
        text += result_text(ack.results[i],
                            is_known
                                ? std::string{dcerpc::describe_syntax(bind->contexts[i].transfer_syntaxes.front().uuid)}
                                : say("item {}", i));
    }
    return text.empty() ? std::string{tr("no result for any context")} : text;
}

void add_bind(Notes& notes, const PduRecord& pdu, const dcerpc::Bind*& bind) {
    const auto put = [&](const std::string& what) {
        const std::string text = fmt::format("RPC {}: {}", dcerpc::name_of(pdu.decoded.type()), what);
        notes.add(pdu.last, pdu.inferred ? say("{} (inferred: the packet is cut)", text) : text);
    };
    if (pdu.decoded.bind() != nullptr) {
        bind = pdu.decoded.bind();
        put(offer_text(*bind));
    } else if (const auto* ack = pdu.decoded.bind_ack()) {
        put(answer_text(*ack, bind));
    } else if (const auto* nak = pdu.decoded.bind_nak()) {
        put(say("the host refuses to talk RPC with the client, {}",
                dcerpc::describe_reject_reason(nak->reject_reason)));
    }
}

std::string request_text(const Exchange& e) {
    if (!e.request.base) {
        return e.request.body_protected()
                   ? say("KMS request, version {}: body protected, not opened by the key profile", version_text(e))
                   : say("KMS request, version {}: cannot be read, bytes are missing or damaged", version_text(e));
    }
    const auto& base = *e.request.base;
    return say("KMS request, version {}: {}; client machine id {}; workstation {}; needs a count of {}",
               version_text(e), escape_for_terminal(product_name(e)), to_string(base.client_machine_id),
               escape_for_terminal(base.workstation_text()), base.required_client_count);
}

std::string count_text(const Exchange& e, std::uint32_t count) {
    if (!e.request.base) return say("KMS response: count {}", count);
    const std::uint32_t needed = e.request.base->required_client_count;
    return is_count_low(e) ? say("KMS response: count {} of {} needed, NOT ENOUGH", count, needed)
                           : say("KMS response: count {} of {} needed, enough", count, needed);
}

std::string response_text(const Exchange& e) {
    if (e.fault_status)
        return say("RPC fault {}: {}", format_code(*e.fault_status), dcerpc::fault_status_text(*e.fault_status));
    if (e.hresult && *e.hresult != 0) return say("KMS response: refused, {}", check::code_text(*e.hresult));
    if (!e.response || !e.response->base) {
        const bool is_closed = e.response && e.response->body_protected();
        return std::string{is_closed ? tr("KMS response: body protected, not opened by the key profile")
                                     : tr("KMS response: cannot be read, bytes are missing or damaged")};
    }
    const auto& base = *e.response->base;
    std::string text = say("{}; asks every {} until activated, renews every {}; ePID {}", count_text(e, base.count),
                           report::say_minutes(base.activation_interval_minutes),
                           report::say_minutes(base.renewal_interval_minutes), escape_for_terminal(base.epid_text()));
    if (fails_checks(e)) text += fmt::format("; {}", tr("the client rejects it: a check of the answer fails"));
    return text;
}

void add_exchanges(Notes& notes, const Conversation& c) {
    for (const Exchange& e : c.exchanges) {
        notes.add(c.pdus[e.request_pdu].last, request_text(e));
        if (e.response_pdu) notes.add(c.pdus[*e.response_pdu].last, response_text(e));
    }
    for (const auto& refusal : c.stray_refusals)
        notes.add(refusal.answer, say("KMS response: refused, {}; its request is not in the capture",
                                      check::code_text(refusal.hresult)));
}

void add_junk(Notes& notes, const Conversation& c) {
    for (const Side side : {Side::client, Side::host}) {
        const auto& junk = c.junk[index_of(side)];
        const std::string opening = escape_for_terminal(junk.opening);
        notes.add(junk.first, side == Side::client ? say("no DCE/RPC: the client sends \"{}\"", opening)
                                                   : say("no DCE/RPC: the host sends \"{}\"", opening));
    }
}

std::string finding_text(const check::Finding& finding, Backslash backslash) {
    std::string text = fmt::format("{} ({})", finding.rule->id, check::name_of(finding.rule->severity));
    if (!finding.title.empty()) text += ": " + escape_for_terminal(finding.title, backslash);
    if (const std::string codes = report::client_codes(finding); !codes.empty()) text += "; " + codes;
    return text;
}

}  // namespace

std::vector<Annotation> annotate(const Conversation& c, check::Outcome outcome) {
    Notes notes;
    add_connection(notes, c, outcome);
    const dcerpc::Bind* bind = nullptr;
    for (const PduRecord& pdu : c.pdus) add_bind(notes, pdu, bind);
    add_exchanges(notes, c);
    add_junk(notes, c);
    if (!c.continues) notes.add(c.last, say("verdict: {}: {}", check::name_of(outcome), describe_outcome(c, outcome)));
    return notes.take();
}

std::vector<Annotation> annotate(std::span<const check::Finding> findings, std::uint64_t otherwise,
                                 Backslash backslash) {
    std::vector<Annotation> notes;
    for (const auto& finding : findings) {
        const std::string text = finding_text(finding, backslash);
        const auto& packets = finding.packets;
        for (std::size_t i = 0; i < packets.size(); ++i) {
            if (i + 1 < max_packets_of_finding || i + 1 == packets.size()) notes.push_back({packets[i], text});
        }
        if (packets.empty() && otherwise != 0) notes.push_back({otherwise, text});
    }
    return notes;
}

std::vector<KnownName> names_of(const Conversation& c) {
    std::vector<KnownName> names;
    if (auto name = host_name_text(c.host_name)) names.push_back({c.host.ip, std::move(*name)});
    for (const Exchange& e : c.exchanges) {
        if (!e.request.base) continue;
        if (auto name = host_name_text(e.request.base->workstation_text())) {
            names.push_back({c.client.ip, std::move(*name)});
            break;
        }
    }
    return names;
}

std::optional<std::string> host_name_text(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    if (name.empty() || name.size() > max_name_size || IpAddress::parse(name)) return std::nullopt;
    bool has_letter = false;
    std::size_t label_size = 0;
    for (const char c : name) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool is_inner = (c >= '0' && c <= '9') || c == '-' || c == '_';
        has_letter = has_letter || is_letter;
        if (c == '.' ? label_size == 0 : !is_letter && !is_inner) return std::nullopt;
        label_size = c == '.' ? 0 : label_size + 1;
        if (label_size > max_label_size) return std::nullopt;
    }
    if (!has_letter || label_size == 0) return std::nullopt;
    return std::string{name};
}

}  // namespace diag::decode
