#include "tests/proto/dcerpc/generate.h"

namespace diag::test {

using namespace dcerpc;

ByteVector PduGenerator::bytes(std::size_t size) {
    ByteVector out(size);
    for (auto& byte : out) byte = number<std::uint8_t>();
    return out;
}

Bytes PduGenerator::view(unsigned max_size) { return owned_.emplace_back(bytes(below(max_size + 1))); }

Bind PduGenerator::bind() {
    Bind out{.max_xmit_frag = number<std::uint16_t>(),
             .max_recv_frag = number<std::uint16_t>(),
             .assoc_group = number<std::uint32_t>(),
             .reserved = fixed<3>()};
    for (unsigned i = below(5); i > 0; --i) {
        ContextItem item{.context_id = number<std::uint16_t>(),
                         .reserved = number<std::uint8_t>(),
                         .interface = uuid(),
                         .interface_version = {number<std::uint16_t>(), number<std::uint16_t>()}};
        for (unsigned t = below(4); t > 0; --t) item.transfer_syntaxes.push_back({uuid(), number<std::uint32_t>()});
        item.n_transfer_syn = static_cast<std::uint8_t>(item.transfer_syntaxes.size());
        out.contexts.push_back(item);
    }
    out.n_context_elem = static_cast<std::uint8_t>(out.contexts.size());
    out.rest = view(5);
    return out;
}

BindAck PduGenerator::bind_ack() {
    BindAck out{.max_xmit_frag = number<std::uint16_t>(),
                .max_recv_frag = number<std::uint16_t>(),
                .assoc_group = number<std::uint32_t>(),
                .reserved = fixed<3>()};
    for (unsigned i = below(8); i > 0; --i) out.secondary_address += static_cast<char>('0' + below(10));
    out.secondary_terminated = below(2) == 0;
    out.secondary_address_size =
        static_cast<std::uint16_t>(out.secondary_address.size() + (out.secondary_terminated ? 1 : 0));
    for (std::size_t i = 0; i < (4 - (26U + out.secondary_address_size) % 4) % 4; ++i)
        out.secondary_padding[i] = number<std::uint8_t>();
    for (unsigned i = below(5); i > 0; --i)
        out.results.push_back({number<std::uint16_t>(), number<std::uint16_t>(), uuid(), number<std::uint32_t>()});
    out.n_results = static_cast<std::uint8_t>(out.results.size());
    out.rest = view(5);
    return out;
}

BindNak PduGenerator::bind_nak() {
    BindNak out{.reject_reason = number<std::uint16_t>()};
    out.has_versions = below(2) == 0;
    if (!out.has_versions) return out;
    for (unsigned i = below(4); i > 0; --i) out.versions.push_back({number<std::uint8_t>(), number<std::uint8_t>()});
    out.n_protocols = static_cast<std::uint8_t>(out.versions.size());
    out.rest = view(5);
    return out;
}

Request PduGenerator::request() {
    Request out{
        .alloc_hint = number<std::uint32_t>(), .context_id = number<std::uint16_t>(), .opnum = number<std::uint16_t>()};
    if (below(2) == 0) out.object = uuid();
    out.stub = view(300);
    return out;
}

Pdu PduGenerator::pdu() {
    owned_.clear();
    owned_.reserve(8);  // views into it must not move
    Pdu out;
    out.header.rpc_vers_minor = number<std::uint8_t>();
    out.header.ptype = static_cast<std::uint8_t>(below(24));
    out.header.pfc_flags = number<std::uint8_t>();
    out.header.drep = below(2) == 0 ? little_endian_drep : big_endian_drep;
    out.header.call_id = number<std::uint32_t>();
    switch (out.type()) {
        case PduType::request: out.body = request(); break;
        case PduType::response:
            out.body = Response{.alloc_hint = number<std::uint32_t>(),
                                .context_id = number<std::uint16_t>(),
                                .cancel_count = number<std::uint8_t>(),
                                .reserved = number<std::uint8_t>(),
                                .stub = view(300)};
            break;
        case PduType::fault:
            out.body = Fault{.alloc_hint = number<std::uint32_t>(),
                             .context_id = number<std::uint16_t>(),
                             .cancel_count = number<std::uint8_t>(),
                             .reserved = number<std::uint8_t>(),
                             .status = number<std::uint32_t>(),
                             .rest = view(20)};
            break;
        case PduType::bind:
        case PduType::alter_context: out.body = bind(); break;
        case PduType::bind_ack:
        case PduType::alter_context_resp: out.body = bind_ack(); break;
        case PduType::bind_nak: out.body = bind_nak(); break;
        default: out.body = Other{.rest = view(20)}; break;
    }
    if (const Request* r = out.request()) {
        const unsigned others = out.header.pfc_flags & ~unsigned{flag::object_uuid};
        out.header.pfc_flags = static_cast<std::uint8_t>(others | (r->object ? flag::object_uuid : 0U));
    }
    if (below(3) == 0) {
        AuthTrailer auth{.auth_type = 10,
                         .auth_level = 6,
                         .auth_reserved = number<std::uint8_t>(),
                         .auth_context_id = number<std::uint32_t>()};
        auth.pad = view(15);
        auth.auth_pad_length = static_cast<std::uint8_t>(auth.pad.size());
        auth.value = owned_.emplace_back(bytes(1 + below(40)));
        out.auth = auth;
    }
    return out;
}

}  // namespace diag::test
