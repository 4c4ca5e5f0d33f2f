#include "libdiag/proto/dcerpc/pdu.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace diag::dcerpc {
namespace {

constexpr std::size_t pfc_flags_at = 3;
constexpr std::size_t frag_length_at = 8;
constexpr std::size_t auth_length_at = 10;

void decode_typed_body(Reader& r, const Header& header, Body& body) {
    switch (header.type()) {
        case PduType::request: return decode_body(r, header.has(flag::object_uuid), body.emplace<Request>());
        case PduType::response: return decode_body(r, body.emplace<Response>());
        case PduType::fault: return decode_body(r, body.emplace<Fault>());
        case PduType::bind:
        case PduType::alter_context: return decode_body(r, body.emplace<Bind>());
        case PduType::bind_ack:
        case PduType::alter_context_resp: return decode_body(r, body.emplace<BindAck>());
        case PduType::bind_nak: return decode_body(r, body.emplace<BindNak>());
        default: return decode_body(r, body.emplace<Other>());
    }
}

// `r` stands behind the header and `body_size` bytes before the trailer. Returns the body's size without the pad.
std::size_t decode_auth(Reader r, std::size_t body_size, PartialPdu& pdu) {
    r.skip(body_size, "body");
    AuthTrailer auth;
    decode_auth_trailer(r, pdu.header.auth_length, auth);
    if (!r.failed() && auth.auth_pad_length > body_size) r.fail(WireError::Kind::malformed, "auth_pad_length");
    if (r.failed()) {
        pdu.error = r.error();
        return body_size;
    }
    pdu.auth = auth;
    return body_size - auth.auth_pad_length;
}

void decode_behind_header(Reader& r, PartialPdu& pdu) {
    const std::size_t whole_size = pdu.header.frag_length;
    const std::size_t captured_size = std::min(r.remaining(), whole_size - header_size);
    const std::size_t trailer_size = pdu.header.auth_length == 0 ? 0 : auth_header_size + pdu.header.auth_length;
    std::size_t body_size = whole_size - header_size - trailer_size;
    if (trailer_size != 0) body_size = decode_auth(r, body_size, pdu);

    Reader body = r.sub(std::min(body_size, captured_size), "body");
    decode_typed_body(body, pdu.header, pdu.body);
    if (pdu.auth) pdu.auth->pad = r.bytes(pdu.auth->auth_pad_length, "auth_pad");
    if (body.failed()) {
        pdu.error = body.error();
    } else if (captured_size < whole_size - header_size) {
        pdu.error = {.kind = WireError::Kind::truncated, .offset = header_size + captured_size, .field = "frag_length"};
    }
}

}  // namespace

Bytes Pdu::stub() const {
    if (const auto* r = request()) return r->stub;
    if (const auto* r = response()) return r->stub;
    return {};
}

PartialPdu decode_pdu_partial(Bytes captured) {
    PartialPdu pdu;
    Reader r{captured};
    decode_header(r, pdu.header);
    if (r.failed()) {
        pdu.error = r.error();
    } else {
        decode_behind_header(r, pdu);
    }
    return pdu;
}

Decoded<Pdu> decode_pdu(Bytes bytes) {
    PartialPdu pdu = decode_pdu_partial(bytes);
    if (pdu.error) return std::unexpected(*pdu.error);
    return static_cast<Pdu&&>(pdu);
}

ByteVector encode_pdu(const Pdu& pdu) {
    Writer w{pdu.header.order()};
    encode_header(w, pdu.header);
    pdu.body.visit([&w](const auto& body) { encode_body(w, body); });
    if (const Request* request = pdu.request()) {
        const unsigned others = pdu.header.pfc_flags & ~unsigned{flag::object_uuid};
        w.patch_u8(pfc_flags_at, static_cast<std::uint8_t>(others | (request->object ? flag::object_uuid : 0U)));
    }
    if (pdu.auth) encode_auth_trailer(w, *pdu.auth);
    assert(w.size() <= std::numeric_limits<std::uint16_t>::max());
    w.patch_u16(frag_length_at, static_cast<std::uint16_t>(w.size()));
    w.patch_u16(auth_length_at, static_cast<std::uint16_t>(pdu.auth ? pdu.auth->value.size() : 0));
    return w.take();
}

}  // namespace diag::dcerpc
