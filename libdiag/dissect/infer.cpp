#include "libdiag/dissect/infer.h"

#include <algorithm>
#include <string>

namespace diag::dissect {
namespace {

using dcerpc::Syntax;

constexpr std::size_t bind_head_size = 28;  // a bind up to its first context
constexpr std::size_t context_size = 44;    // a context with one transfer syntax
constexpr std::size_t ack_address_at = 26;  // where the secondary address of a bind_ack begins
constexpr std::size_t result_size = 24;
constexpr std::uint16_t no_syntax_supported = 2;
constexpr std::uint16_t all_features = 3;

Uuid uuid_of(Syntax syntax) {
    switch (syntax) {
        case Syntax::ndr64: return dcerpc::ndr64_syntax_id;
        case Syntax::btfn: return dcerpc::make_btfn_id(all_features);
        default: return dcerpc::ndr32_syntax_id;
    }
}

std::uint32_t version_of(Syntax syntax) { return syntax == Syntax::ndr32 ? 2 : 1; }

// The calls of this context that were answered (or asked) tell its syntax.
std::optional<Syntax> syntax_in_use(const Conversation& c, std::uint16_t context_id) {
    for (const Exchange& e : c.exchanges)
        if (e.context_id == context_id && e.syntax) return e.syntax;
    return std::nullopt;
}

bool is_answered(const Conversation& c, std::uint16_t context_id) {
    return std::any_of(c.exchanges.begin(), c.exchanges.end(), [context_id](const Exchange& e) {
        return e.context_id == context_id && e.response_pdu && !e.fault_status;
    });
}

// What KMS clients offer in this place when the capture does not say (protocol.md 2.2).
Syntax usual_syntax(const Conversation& c, std::size_t index, std::size_t count) {
    if (index == 0) return Syntax::ndr32;
    if (count == 2) return syntax_in_use(c, 1) ? Syntax::ndr64 : Syntax::btfn;
    return index == 1 ? Syntax::ndr64 : Syntax::btfn;
}

// What the capture has of a context that it cut.
void read_cut_context(const PduRecord& pdu, std::size_t index, dcerpc::ContextItem& item) {
    const std::size_t at = bind_head_size + index * context_size;
    item = {.context_id = static_cast<std::uint16_t>(index)};
    if (pdu.raw.size() < at) return;
    Reader r{pdu.raw.subspan(at), pdu.decoded.header.order()};
    const std::uint16_t context_id = r.u16("context_id");
    if (r.failed()) return;
    item.context_id = context_id;
    r.skip(2, "n_transfer_syn");
    const Uuid interface = r.uuid("interface");
    if (!r.failed()) item.interface = interface;
}

void complete_bind(const Conversation& c, PduRecord& pdu) {
    dcerpc::Bind bind = *pdu.decoded.bind();
    const std::size_t size = pdu.decoded.header.frag_length;
    if (pdu.raw.size() < bind_head_size) return;
    const std::size_t count = bind.n_context_elem;
    if (count == 0 || count > 3 || size != bind_head_size + count * context_size) return;
    const std::size_t whole_count = bind.contexts.size();
    bind.contexts.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        auto& item = bind.contexts[i];
        if (i >= whole_count) read_cut_context(pdu, i, item);
        if (item.interface.is_nil()) item.interface = dcerpc::kms_interface_id;
        if (!item.transfer_syntaxes.empty()) continue;
        const Syntax syntax = syntax_in_use(c, item.context_id).value_or(usual_syntax(c, i, count));
        item.transfer_syntaxes = {{.uuid = uuid_of(syntax), .version = version_of(syntax)}};
    }
    pdu.decoded.body = std::move(bind);
    pdu.inferred = true;
}

// Later PDUs tell what the host said: a second bind for the same context means that the first was refused.
bool is_offered_again(const Conversation& c, const PduRecord& ack, std::uint16_t context_id) {
    return std::any_of(c.pdus.begin() + (&ack - c.pdus.data()), c.pdus.end(), [context_id](const PduRecord& p) {
        const auto* bind = p.decoded.bind();
        return bind != nullptr && std::any_of(bind->contexts.begin(), bind->contexts.end(),
                                              [context_id](const auto& item) { return item.context_id == context_id; });
    });
}

dcerpc::ContextResult result_of(Syntax syntax, bool accepted) {
    if (syntax == Syntax::btfn) return {.result = dcerpc::negotiate_ack, .reason = all_features};
    if (!accepted) return {.result = dcerpc::provider_rejection, .reason = no_syntax_supported};
    return {.result = dcerpc::acceptance, .transfer_syntax = uuid_of(syntax), .version = version_of(syntax)};
}

// A result that the capture cut behind its reason.
std::optional<dcerpc::ContextResult> read_cut_result(const PduRecord& pdu, std::size_t at) {
    if (pdu.raw.size() < at + 4) return std::nullopt;
    Reader r{pdu.raw.subspan(at), pdu.decoded.header.order()};
    dcerpc::ContextResult result;
    result.result = r.u16("result");
    result.reason = r.u16("reason");
    return result;
}

// Results that nothing in the capture proves are left out.
void complete_ack(const Conversation& c, PduRecord& pdu, const dcerpc::Bind& offer) {
    dcerpc::BindAck ack = *pdu.decoded.bind_ack();
    if (pdu.raw.size() < ack_address_at) return;
    Reader r{pdu.raw, pdu.decoded.header.order()};
    r.skip(ack_address_at - 2, "head");
    const std::size_t address_size = r.u16("secondary address length");
    const std::size_t results_at = (ack_address_at + address_size + 3) / 4 * 4 + 4;
    const std::size_t size = pdu.decoded.header.frag_length;
    if (size != results_at + offer.contexts.size() * result_size) return;
    if (ack.secondary_address.empty() && address_size == std::to_string(c.host.port).size() + 1) {
        ack.secondary_address = std::to_string(c.host.port);
    }
    const std::size_t captured = std::min(ack.results.size(), offer.contexts.size());
    ack.results.resize(captured);
    bool ndr32_refused = false;
    for (std::size_t i = 0; i < offer.contexts.size(); ++i) {
        const auto& item = offer.contexts[i];
        const Syntax syntax =
            item.transfer_syntaxes.empty() ? Syntax::unknown : item.transfer_syntaxes.front().syntax();
        if (syntax == Syntax::ndr32) ndr32_refused = is_offered_again(c, pdu, item.context_id);
        if (i < captured) continue;
        const auto cut = read_cut_result(pdu, results_at + i * result_size);
        if (cut && cut->result == dcerpc::provider_rejection) {
            ack.results.push_back(*cut);
            continue;
        }
        // Only a client that was accepted calls.
        if (!cut && c.exchanges.empty()) break;
        // A host takes NDR64 instead of NDR32, never both in one answer.
        const bool accepted = syntax == Syntax::ndr64
                                  ? ndr32_refused || (offer.contexts.size() == 1 && is_answered(c, item.context_id))
                                  : !ndr32_refused;
        ack.results.push_back(result_of(syntax, accepted));
    }
    pdu.decoded.body = std::move(ack);
    pdu.inferred = true;
}

// Calls whose context only the completed binds explain.
void set_syntaxes(Conversation& c) {
    dcerpc::SyntaxMap contexts;
    const dcerpc::Bind* offer = nullptr;
    for (PduRecord& pdu : c.pdus) {
        if (const auto* bind = pdu.decoded.bind()) {
            contexts.on_bind(*bind);
            offer = bind;
        } else if (const auto* ack = pdu.decoded.bind_ack(); ack != nullptr && offer != nullptr) {
            contexts.on_bind_ack(*offer, *ack);
        } else if (const auto* request = pdu.decoded.request(); request != nullptr && !pdu.syntax) {
            pdu.syntax = contexts.find(request->context_id);
        } else if (const auto* response = pdu.decoded.response(); response != nullptr && !pdu.syntax) {
            pdu.syntax = contexts.find(response->context_id);
        } else if (const auto* fault = pdu.decoded.fault(); fault != nullptr && !pdu.syntax) {
            pdu.syntax = contexts.find(fault->context_id);
        }
    }
}

}  // namespace

void infer_cut_binds(Conversation& c) {
    for (PduRecord& pdu : c.pdus)
        if (pdu.cut && pdu.decoded.bind() != nullptr) complete_bind(c, pdu);
    const dcerpc::Bind* offer = nullptr;
    for (PduRecord& pdu : c.pdus) {
        if (pdu.decoded.bind() != nullptr) offer = pdu.decoded.bind();
        if (pdu.cut && pdu.decoded.bind_ack() != nullptr && offer != nullptr) complete_ack(c, pdu, *offer);
    }
    set_syntaxes(c);
}

}  // namespace diag::dissect
