#include "libdiag/proto/dcerpc/bind.h"

#include <algorithm>

#include "libdiag/proto/dcerpc/bind_fields.h"

namespace diag::dcerpc {
namespace {

// An item is kept once its fixed part is there; its list then holds the syntaxes that were there too.
void decode_context(Reader& r, std::vector<ContextItem>& contexts) {
    ContextItem item;
    decode_fields<ContextItem>(r, context_fields, item);
    if (r.failed()) return;
    for (unsigned i = 0; i < item.n_transfer_syn; ++i) {
        SyntaxId id;
        decode_fields<SyntaxId>(r, syntax_fields, id);
        if (r.failed()) break;
        item.transfer_syntaxes.push_back(id);
    }
    contexts.push_back(std::move(item));
}

void encode_context(Writer& w, const ContextItem& item) {
    constexpr std::size_t n_transfer_syn_at = 2;
    const std::size_t start = w.size();
    encode_fields<ContextItem>(w, context_fields, item);
    w.patch_u8(start + n_transfer_syn_at, static_cast<std::uint8_t>(item.transfer_syntaxes.size()));
    for (const SyntaxId& id : item.transfer_syntaxes) encode_fields<SyntaxId>(w, syntax_fields, id);
}

std::size_t padding_after(std::size_t offset) { return (4 - offset % 4) % 4; }

// Padding aligns to 4 from the start of the PDU; bodies start at 16, so the position in the body has the same remainder.
void decode_secondary_address(Reader& r, BindAck& out) {
    const Bytes address = r.bytes(out.secondary_address_size, "secondary_address");
    out.secondary_terminated = !address.empty() && address.back() == 0;
    const Bytes text = address.first(address.size() - (out.secondary_terminated ? 1 : 0));
    out.secondary_address.assign(text.begin(), text.end());
    const Bytes padding = r.bytes(padding_after(r.position()), "secondary_padding");
    std::copy(padding.begin(), padding.end(), out.secondary_padding.begin());
}

void encode_secondary_address(Writer& w, const BindAck& ack) {
    w.bytes(bytes_of(ack.secondary_address));
    if (ack.secondary_terminated) w.u8(0);
    w.bytes(Bytes{ack.secondary_padding}.first(padding_after(w.size())));
}

}  // namespace

bool Bind::offers(const Uuid& wanted) const {
    return std::any_of(contexts.begin(), contexts.end(),
                       [&](const ContextItem& item) { return item.interface == wanted; });
}

bool Bind::offers(Syntax wanted) const {
    const auto is_wanted = [wanted](const SyntaxId& id) { return id.syntax() == wanted; };
    return std::any_of(contexts.begin(), contexts.end(), [&](const ContextItem& item) {
        return std::any_of(item.transfer_syntaxes.begin(), item.transfer_syntaxes.end(), is_wanted);
    });
}

void decode_body(Reader& r, Bind& out) {
    decode_fields<Bind>(r, bind_fields, out);
    for (unsigned i = 0; i < out.n_context_elem && !r.failed(); ++i) decode_context(r, out.contexts);
    out.rest = r.bytes(r.remaining(), "rest");
}

void encode_body(Writer& w, const Bind& bind) {
    constexpr std::size_t n_context_elem_at = 8;
    const std::size_t start = w.size();
    encode_fields<Bind>(w, bind_fields, bind);
    w.patch_u8(start + n_context_elem_at, static_cast<std::uint8_t>(bind.contexts.size()));
    for (const ContextItem& item : bind.contexts) encode_context(w, item);
    w.bytes(bind.rest);
}

void decode_body(Reader& r, BindAck& out) {
    decode_fields<BindAck>(r, bind_ack_fields, out);
    decode_secondary_address(r, out);
    decode_fields<BindAck>(r, result_list_fields, out);
    for (unsigned i = 0; i < out.n_results; ++i) {
        ContextResult result;
        decode_fields<ContextResult>(r, result_fields, result);
        if (r.failed()) return;
        out.results.push_back(result);
    }
    out.rest = r.bytes(r.remaining(), "rest");
}

void encode_body(Writer& w, const BindAck& ack) {
    constexpr std::size_t secondary_address_size_at = 8;
    const std::size_t start = w.size();
    encode_fields<BindAck>(w, bind_ack_fields, ack);
    const std::size_t address_size = ack.secondary_address.size() + (ack.secondary_terminated ? 1 : 0);
    w.patch_u16(start + secondary_address_size_at, static_cast<std::uint16_t>(address_size));
    encode_secondary_address(w, ack);
    const std::size_t n_results_at = w.size();
    encode_fields<BindAck>(w, result_list_fields, ack);
    w.patch_u8(n_results_at, static_cast<std::uint8_t>(ack.results.size()));
    for (const ContextResult& result : ack.results) encode_fields<ContextResult>(w, result_fields, result);
    w.bytes(ack.rest);
}

void decode_body(Reader& r, BindNak& out) {
    decode_fields<BindNak>(r, bind_nak_fields, out);
    if (r.remaining() == 0) return;
    out.has_versions = true;
    out.n_protocols = r.u8("n_protocols");
    for (unsigned i = 0; i < out.n_protocols; ++i) {
        ProtocolVersion version;
        decode_fields<ProtocolVersion>(r, protocol_version_fields, version);
        if (r.failed()) return;
        out.versions.push_back(version);
    }
    out.rest = r.bytes(r.remaining(), "rest");
}

void encode_body(Writer& w, const BindNak& nak) {
    encode_fields<BindNak>(w, bind_nak_fields, nak);
    if (!nak.has_versions) return;
    w.u8(static_cast<std::uint8_t>(nak.versions.size()));
    for (const ProtocolVersion& version : nak.versions)
        encode_fields<ProtocolVersion>(w, protocol_version_fields, version);
    w.bytes(nak.rest);
}

}  // namespace diag::dcerpc
