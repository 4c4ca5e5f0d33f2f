#include "libdiag/proto/dcerpc/stub.h"

#include <algorithm>

namespace diag::dcerpc {
namespace {

// Conformant sizes and pointers are 4 bytes wide in NDR32, 8 in NDR64.
std::uint64_t read_wide(Reader& r, Syntax syntax, std::string_view field) {
    return syntax == Syntax::ndr64 ? r.u64(field) : r.u32(field);
}

void write_wide(Writer& w, Syntax syntax, std::uint64_t value) {
    if (syntax == Syntax::ndr64) return w.u64(value);
    w.u32(static_cast<std::uint32_t>(value));
}

// Of a stub that ends early the message keeps the bytes that are there.
Bytes read_message(Reader& r, std::uint64_t size) {
    if (size <= r.remaining()) return r.bytes(static_cast<std::size_t>(size), "message");
    const Bytes captured = r.rest();
    r.fail(WireError::Kind::truncated, "message");
    return captured;
}

void read_request(Reader& r, Syntax syntax, RequestStub& out) {
    out.request_size = r.u32("request_size");
    if (syntax == Syntax::ndr64) out.alignment = r.array<4>("alignment");
    out.max_count = read_wide(r, syntax, "max_count");
    out.message = read_message(r, out.max_count);
    out.surplus = r.bytes(r.remaining(), "surplus");
}

void read_response(Reader& r, Syntax syntax, ResponseStub& out) {
    out.stub_size = r.remaining();
    out.response_size = r.u32("response_size");
    if (syntax == Syntax::ndr64) out.alignment = r.array<4>("alignment");
    out.referent = read_wide(r, syntax, "referent");
    if (out.has_message()) {
        out.max_count = read_wide(r, syntax, "max_count");
        out.message = read_message(r, out.max_count);
        out.padding = r.bytes((4 - r.position() % 4) % 4, "padding");
    }
    out.return_code = r.u32("return_code");
    out.surplus = r.bytes(r.remaining(), "surplus");
}

}  // namespace

PartialStub<RequestStub> decode_request_stub_partial(Bytes stub, Syntax syntax, std::endian order,
                                                     std::size_t base_offset) {
    Reader r{stub, order, base_offset};
    PartialStub<RequestStub> out;
    read_request(r, syntax, out);
    if (r.failed()) out.error = r.error();
    return out;
}

PartialStub<ResponseStub> decode_response_stub_partial(Bytes stub, Syntax syntax, std::endian order,
                                                       std::size_t base_offset) {
    Reader r{stub, order, base_offset};
    PartialStub<ResponseStub> out;
    read_response(r, syntax, out);
    if (r.failed()) out.error = r.error();
    return out;
}

Decoded<RequestStub> decode_request_stub(Bytes stub, Syntax syntax, std::endian order, std::size_t base_offset) {
    Reader r{stub, order, base_offset};
    RequestStub out;
    read_request(r, syntax, out);
    if (r.failed()) return std::unexpected(r.error());
    return out;
}

Decoded<ResponseStub> decode_response_stub(Bytes stub, Syntax syntax, std::endian order, std::size_t base_offset) {
    Reader r{stub, order, base_offset};
    ResponseStub out;
    read_response(r, syntax, out);
    if (r.failed()) return std::unexpected(r.error());
    return out;
}

ByteVector encode_request_stub(Bytes message, Syntax syntax, std::endian order) {
    Writer w{order};
    w.u32(static_cast<std::uint32_t>(message.size()));
    if (syntax == Syntax::ndr64) w.zeros(4);
    write_wide(w, syntax, message.size());
    w.bytes(message);
    return w.take();
}

ByteVector encode_response_stub(Bytes message, std::uint32_t return_code, Syntax syntax, std::endian order) {
    constexpr std::uint64_t first_referent = 0x00020000;  // what every known implementation sends
    Writer w{order};
    w.u32(static_cast<std::uint32_t>(message.size()));
    if (syntax == Syntax::ndr64) w.zeros(4);
    write_wide(w, syntax, first_referent);
    write_wide(w, syntax, message.size());
    w.bytes(message);
    w.align(4);
    w.u32(return_code);
    return w.take();
}

ByteVector encode_refusal_stub(std::uint32_t return_code, Syntax syntax, std::endian order) {
    Writer w{order};
    write_wide(w, syntax, 0);
    write_wide(w, syntax, 0);
    w.u32(return_code);
    return w.take();
}

}  // namespace diag::dcerpc
