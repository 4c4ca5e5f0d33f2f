#include "libdiag/decode/annotations.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/decode/conversation_text.h"
#include "libdiag/decode/exchange_text.h"
#include "libdiag/decode/names.h"

namespace diag::decode {
namespace {

using dissect::Conversation;
using dissect::Exchange;
using dissect::Mark;
using dissect::PduRecord;
using dissect::Side;

constexpr std::size_t max_name_size = 253;
constexpr std::size_t max_label_size = 63;

std::size_t index_of(Side side) { return static_cast<std::size_t>(side); }
std::string_view name_of(Side side) { return side == Side::client ? "client" : "host"; }

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
    std::string text = fmt::format("client {} connects to KMS host {}", to_string(c.client.ip), host_text(c));
    if (c.found_through) text += fmt::format(", found through {}", printable_names(c.found_through->query));
    if (c.tcp.syn_count > 1) text += fmt::format("; sent {} times", c.tcp.syn_count);
    return text;
}

std::string reset_text(const Conversation& c, Side side) {
    if (side == Side::client || c.tcp.established)
        return fmt::format("the {} resets the connection (RST)", name_of(side));
    return fmt::format("connection refused (RST): nothing listens on TCP port {}, or a firewall answers in its place",
                       c.host.port);
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
    notes.add(c.tcp.syn_ack, fmt::format("the host accepts the connection on TCP port {}", c.host.port));
    for (const Side side : {Side::client, Side::host}) {
        notes.add(c.tcp.rst[index_of(side)], reset_text(c, side));
        if (decides(outcome) && c.tcp.closed_first == side)
            notes.add(c.tcp.fin[index_of(side)], fmt::format("the {} closes the connection (FIN)", name_of(side)));
    }
    if (c.tcp.icmp) {
        notes.add(c.tcp.icmp->mark, fmt::format("{} says that the connection to the KMS host is not possible: {}",
                                                to_string(c.tcp.icmp->sender), c.tcp.icmp->text));
    }
}

std::string offer_text(const dcerpc::Bind& bind) {
    std::string text;
    for (const auto& item : bind.contexts) {
        if (!text.empty()) text += ", ";
        text +=
            item.transfer_syntaxes.empty() ? "no syntax" : dcerpc::describe_syntax(item.transfer_syntaxes.front().uuid);
    }
    if (text.empty()) text = "nothing that is in the capture";
    return text + (bind.offers(dcerpc::kms_interface_id) ? " for the KMS interface" : "");
}

std::string result_text(const dcerpc::ContextResult& result) {
    switch (result.result) {
        case dcerpc::acceptance: return "accepted";
        case dcerpc::negotiate_ack: return "negotiated";
        case dcerpc::user_rejection: return "refused by the server";
        case dcerpc::provider_rejection: return fmt::format("refused, {}", dcerpc::describe_reason(result.reason));
        default: return fmt::format("result {}", result.result);
    }
}

std::string answer_text(const dcerpc::BindAck& ack, const dcerpc::Bind* bind) {
    std::string text;
    for (std::size_t i = 0; i < ack.results.size(); ++i) {
        if (!text.empty()) text += "; ";
        const bool is_known =
            bind != nullptr && i < bind->contexts.size() && !bind->contexts[i].transfer_syntaxes.empty();
        text += fmt::format("{} {}",
                            is_known ? dcerpc::describe_syntax(bind->contexts[i].transfer_syntaxes.front().uuid)
                                     : fmt::format("item {}", i),
                            result_text(ack.results[i]));
    }
    return text.empty() ? "no result for any context" : text;
}

void add_bind(Notes& notes, const PduRecord& pdu, const dcerpc::Bind*& bind) {
    const auto put = [&](std::string_view text) {
        notes.add(pdu.last, fmt::format("RPC {}: {}{}", dcerpc::name_of(pdu.decoded.type()), text,
                                        pdu.inferred ? " (inferred: the packet is cut)" : ""));
    };
    if (pdu.decoded.bind() != nullptr) {
        bind = pdu.decoded.bind();
        put("client offers " + offer_text(*bind));
    } else if (const auto* ack = pdu.decoded.bind_ack()) {
        put(answer_text(*ack, bind));
    } else if (const auto* nak = pdu.decoded.bind_nak()) {
        put(fmt::format("the host refuses to talk RPC with the client, {}",
                        dcerpc::describe_reject_reason(nak->reject_reason)));
    }
}

std::string request_text(const Exchange& e) {
    const std::string version = fmt::format("KMS request, version {}", version_text(e));
    if (!e.request.base) {
        return version + (e.request.body_protected() ? ": body protected, not opened by the key profile"
                                                     : ": cannot be read, bytes are missing or damaged");
    }
    const auto& base = *e.request.base;
    return fmt::format("{}: {}; client machine id {}; workstation {}; needs a count of {}", version,
                       escape_for_terminal(product_name(e)), to_string(base.client_machine_id),
                       escape_for_terminal(base.workstation_text()), base.required_client_count);
}

std::string response_text(const Exchange& e) {
    if (e.fault_status) {
        return fmt::format("RPC fault {}: {}", format_code(*e.fault_status),
                           dcerpc::fault_status_text(*e.fault_status));
    }
    if (e.hresult && *e.hresult != 0) return "KMS response: " + refusal_text(*e.hresult);
    if (!e.response) return "KMS response: cannot be read, bytes are missing or damaged";
    if (!e.response->base) {
        return e.response->body_protected() ? "KMS response: body protected, not opened by the key profile"
                                            : "KMS response: cannot be read, bytes are missing or damaged";
    }
    const auto& base = *e.response->base;
    std::string text = fmt::format("KMS response: count {}", base.count);
    if (e.request.base)
        text += fmt::format(" of {} needed, {}", e.request.base->required_client_count,
                            is_count_low(e) ? "NOT ENOUGH" : "enough");
    return text + fmt::format("; asks every {} until activated, renews every {}; ePID {}{}",
                              report::format_minutes(base.activation_interval_minutes),
                              report::format_minutes(base.renewal_interval_minutes),
                              escape_for_terminal(base.epid_text()),
                              fails_checks(e) ? "; the client rejects it: a check of the answer fails" : "");
}

void add_exchanges(Notes& notes, const Conversation& c) {
    for (const Exchange& e : c.exchanges) {
        notes.add(c.pdus[e.request_pdu].last, request_text(e));
        if (e.response_pdu) notes.add(c.pdus[*e.response_pdu].last, response_text(e));
    }
    for (const auto& refusal : c.stray_refusals)
        notes.add(refusal.answer,
                  fmt::format("KMS response: {}; its request is not in the capture", refusal_text(refusal.hresult)));
}

void add_junk(Notes& notes, const Conversation& c) {
    for (const Side side : {Side::client, Side::host}) {
        const auto& junk = c.junk[index_of(side)];
        notes.add(junk.first,
                  fmt::format("no DCE/RPC: the {} sends \"{}\"", name_of(side), escape_for_terminal(junk.opening)));
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
    if (!c.continues)
        notes.add(c.last, fmt::format("verdict: {}: {}", check::name_of(outcome), describe_outcome(c, outcome)));
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
