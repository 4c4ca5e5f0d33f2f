#include "libdiag/redact/stub_edits.h"

#include <algorithm>

#include "libdiag/redact/pdu_edits.h"
#include "libdiag/wire/reader.h"

namespace diag::redact {
namespace {

using dcerpc::Syntax;

constexpr std::size_t length_size = 4;   // the first field of both stubs
constexpr std::size_t version_size = 4;  // the first two fields of a message
constexpr std::size_t request_head_size = 8,
                      response_head_size = 12;  // up to the message, in NDR32; twice that in NDR64

ByteVector unread(Bytes stub) { return ByteVector(stub.size(), unread_stub_byte); }

void put(ByteVector& out, std::size_t at, Bytes bytes) {
    std::ranges::copy(bytes, out.begin() + static_cast<std::ptrdiff_t>(at));
}

/// How a stub is read. The bytes tell, as they do to those who have not seen the bind; else the bind does. Where the
/// two disagree those who go by the bind read bytes as lengths that only align for others: then these stay.
struct Reading {
    std::optional<Syntax> syntax;
    bool keeps_alignment = false;
};

Reading reading(std::optional<Syntax> by_bytes, std::optional<Syntax> by_bind) {
    return {.syntax = by_bytes ? by_bytes : by_bind, .keeps_alignment = by_bytes && by_bind && by_bytes != by_bind};
}

// The fields up to `end`, without the four bytes that only align in NDR64.
void keep_head(Bytes stub, std::size_t end, const Reading& reading, ByteVector& out) {
    put(out, 0, head(stub, end));
    if (reading.syntax != Syntax::ndr64 || reading.keeps_alignment) return;
    for (std::size_t i = length_size; i < std::min<std::size_t>(2 * length_size, out.size()); ++i) out[i] = 0;
}

std::size_t offset_in(Bytes stub, Bytes part) { return static_cast<std::size_t>(part.data() - stub.data()); }

ByteVector edit_cut_stub(Bytes stub, std::optional<Syntax> syntax, std::size_t head_size) {
    if (!syntax) return unread(stub);
    ByteVector out(stub.size());
    keep_head(stub, (*syntax == Syntax::ndr64 ? 2 : 1) * head_size + version_size, {syntax}, out);
    return out;
}

}  // namespace

ByteVector edit_request_stub(Bytes stub, std::optional<Syntax> syntax, std::endian order, const EditMessage& edit) {
    const Reading as = reading(dcerpc::guess_request_syntax(stub, stub.size(), order), syntax);
    const auto decoded =
        as.syntax ? dcerpc::decode_request_stub(stub, *as.syntax, order) : std::unexpected(WireError{});
    if (!decoded) return unread(stub);
    ByteVector out(stub.size());
    const std::size_t message_at = offset_in(stub, decoded->message);
    keep_head(stub, message_at, as, out);
    put(out, message_at, edit(decoded->message));
    return out;
}

ByteVector edit_response_stub(Bytes stub, std::optional<Syntax> syntax, std::endian order, const EditMessage& edit) {
    const Reading as = reading(dcerpc::guess_response_syntax(stub, stub.size(), order), syntax);
    const auto decoded =
        as.syntax ? dcerpc::decode_response_stub(stub, *as.syntax, order) : std::unexpected(WireError{});
    if (!decoded) return unread(stub);
    constexpr std::size_t return_code_size = 4;
    ByteVector out(stub.size());
    const std::size_t fields_end = stub.size() - decoded->surplus.size();
    if (decoded->has_message()) {
        const std::size_t message_at = offset_in(stub, decoded->message);
        keep_head(stub, message_at, as, out);
        put(out, message_at, edit(decoded->message));
        std::size_t at = message_at + decoded->message.size();
        for (const std::uint8_t byte : decoded->padding) out[at++] = byte == 0 ? 0 : unread_stub_byte;
    } else {
        keep_head(stub, fields_end - return_code_size, as, out);
    }
    put(out, fields_end - return_code_size, stub.subspan(fields_end - return_code_size, return_code_size));
    return out;
}

ByteVector edit_cut_request_stub(Bytes stub, std::size_t whole_size, std::uint32_t alloc_hint, std::endian order) {
    const auto syntax = dcerpc::guess_request_syntax(stub, whole_size, order);
    ByteVector out = edit_cut_stub(stub, syntax, request_head_size);
    if (syntax || stub.size() < length_size) return out;
    // The length alone, where it says no more than the header: it tells the syntax (dissect/exchange_reader.cpp).
    const std::uint32_t size = Reader{stub, order}.u32("length");
    if (alloc_hint == size + request_head_size || alloc_hint == size + 2 * request_head_size)
        put(out, 0, stub.first(length_size));
    return out;
}

ByteVector edit_cut_response_stub(Bytes stub, std::size_t whole_size, std::endian order) {
    return edit_cut_stub(stub, dcerpc::guess_response_syntax(stub, whole_size, order), response_head_size);
}

}  // namespace diag::redact
