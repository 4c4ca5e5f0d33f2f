#include <algorithm>

#include "libdiag/session/rpc_client.h"

namespace diag::session {

using namespace dcerpc;

namespace {

constexpr std::uint32_t first_call_id = 2;
constexpr std::uint16_t wanted_features = 3;

constexpr SyntaxId ndr32{.uuid = ndr32_syntax_id, .version = 2};
constexpr SyntaxId ndr64{.uuid = ndr64_syntax_id, .version = 1};

// Bytes of a bind (protocol.md 2.2).
constexpr std::size_t bind_size = 28;
constexpr std::size_t context_size = 44;
constexpr std::size_t syntax_size = 20;
constexpr std::size_t max_syntax_count = 255;

// A context may name any number of transfer syntaxes (C706 12.6.3.1); a server takes the first that it likes.
void enlarge(Bind& bind, std::size_t min_size) {
    const std::size_t size = bind_size + context_size * bind.contexts.size();
    if (min_size <= size || bind.contexts.empty()) return;
    ContextItem& item = bind.contexts.front();
    const std::size_t wanted = 1 + (min_size - size + syntax_size - 1) / syntax_size;
    item.transfer_syntaxes.resize(std::min(wanted, max_syntax_count), ndr32);
    item.n_transfer_syn = static_cast<std::uint8_t>(item.transfer_syntaxes.size());
}

Pdu make_setup(PduType type, const RpcClientSettings& settings, std::size_t min_size,
               std::initializer_list<SyntaxId> offers) {
    Pdu pdu;
    pdu.header.ptype = static_cast<std::uint8_t>(type);
    if (settings.multiplex) pdu.header.pfc_flags |= flag::conc_mpx;
    pdu.header.call_id = first_call_id;
    Bind& bind = pdu.body.emplace<Bind>();
    bind.max_xmit_frag = settings.max_frag_size;
    bind.max_recv_frag = settings.max_frag_size;
    for (const SyntaxId& syntax : offers) {
        if (syntax.uuid.is_nil()) continue;
        ContextItem& item = bind.contexts.emplace_back();
        item.context_id = static_cast<std::uint16_t>(bind.contexts.size() - 1);
        item.n_transfer_syn = 1;
        item.interface = settings.interface;
        item.interface_version = settings.interface_version;
        item.transfer_syntaxes = {syntax};
    }
    enlarge(bind, min_size);
    bind.n_context_elem = static_cast<std::uint8_t>(bind.contexts.size());
    return pdu;
}

}  // namespace

Pdu make_bind(const RpcClientSettings& settings) {
    const SyntaxId btfn{.uuid = make_btfn_id(wanted_features), .version = 1};
    return make_setup(PduType::bind, settings, settings.min_bind_size,
                      {ndr32, settings.offer_ndr64 ? ndr64 : SyntaxId{}, settings.offer_btfn ? btfn : SyntaxId{}});
}

Pdu make_alter_context(const RpcClientSettings& settings) {
    return make_setup(PduType::alter_context, settings, 0, {ndr32});
}

}  // namespace diag::session
