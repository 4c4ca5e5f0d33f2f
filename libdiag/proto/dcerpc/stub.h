#pragma once

#include <optional>

#include "libdiag/proto/dcerpc/syntax.h"
#include "libdiag/wire/node.h"

// What the stubs of the one operation of KMS hold (protocol.md 3): a KMS message with its lengths, in NDR32 or NDR64.
// Messages are views, as long-lived as the stub. Only Syntax::ndr32 and ndr64 are meaningful here; every other value
// reads as NDR32, the syntax that all implementations speak.

namespace diag::dcerpc {

/// NDR32: request_size u32, max_count u32, message. NDR64: request_size u32, 4 bytes, max_count u64, message.
struct RequestStub {
    std::uint32_t request_size = 0;  ///< the first parameter: bytes of the message
    FixedBytes<4> alignment = {};    ///< NDR64 only; one client fills it, so it is no rule that it is zero
    std::uint64_t max_count = 0;     ///< elements of the conformant array; this is what was read
    Bytes message;
    Bytes surplus;  ///< behind the message; one client appends 4 or 6 zero bytes to version 4 requests

    bool lengths_agree() const { return request_size == max_count; }
};

/// NDR32: response_size u32, referent u32, then either return_code u32 (null pointer: a refusal) or max_count u32,
/// message, padding to 4, return_code u32. NDR64: response_size u32, 4 bytes, referent u64, max_count u64.
struct ResponseStub {
    std::uint32_t response_size = 0;
    FixedBytes<4> alignment = {};  ///< NDR64 only
    std::uint64_t referent = 0;    ///< 0: no message
    std::uint64_t max_count = 0;   ///< meaningful with a message
    Bytes message;
    Bytes padding;                  ///< 0 to 3 bytes
    std::uint32_t return_code = 0;  ///< HRESULT
    Bytes surplus;
    std::size_t stub_size = 0;  ///< bytes of all this

    bool has_message() const { return referent != 0; }
    bool lengths_agree() const { return has_message() ? response_size == max_count : response_size == 0; }
};

/// A stub that may end early. `error` says where; the message then holds the bytes that are there, and what lies behind
/// (the return code of a response) was not read.
template <class Stub> struct PartialStub : Stub { std::optional<WireError> error; };

/// All or nothing. Offsets in errors count from `base_offset`. An array that says it is longer than the stub is truncated;
/// the length parameter is never used as a length.
Decoded<RequestStub> decode_request_stub(Bytes stub, Syntax syntax, std::endian order, std::size_t base_offset = 0);
Decoded<ResponseStub> decode_response_stub(Bytes stub, Syntax syntax, std::endian order, std::size_t base_offset = 0);

/// For stubs that a capture cut.
PartialStub<RequestStub> decode_request_stub_partial(Bytes stub, Syntax syntax, std::endian order,
                                                     std::size_t base_offset = 0);
PartialStub<ResponseStub> decode_response_stub_partial(Bytes stub, Syntax syntax, std::endian order,
                                                       std::size_t base_offset = 0);

/// Stubs as clients and hosts send them. encode_refusal: no message, only an HRESULT.
ByteVector encode_request_stub(Bytes message, Syntax syntax, std::endian order = std::endian::little);
ByteVector encode_response_stub(Bytes message, std::uint32_t return_code, Syntax syntax,
                                std::endian order = std::endian::little);
ByteVector encode_refusal_stub(std::uint32_t return_code, Syntax syntax, std::endian order = std::endian::little);

/// The syntax of a stub whose bind was not captured (protocol.md 3.4): NDR32, NDR64 or nullopt. `stub` may be cut,
/// `stub_size` is what was sent; the first 20 (request) or 28 (response) bytes decide.
std::optional<Syntax> guess_request_syntax(Bytes stub, std::size_t stub_size, std::endian order);
std::optional<Syntax> guess_response_syntax(Bytes stub, std::size_t stub_size, std::endian order);

/// Adds the nodes of a stub that begins at `offset`. The node with key "message" is the place for the message's own tree.
void describe_request_stub(const RequestStub& stub, Syntax syntax, std::size_t offset, Node& parent);
void describe_response_stub(const ResponseStub& stub, Syntax syntax, std::size_t offset, Node& parent);

}  // namespace diag::dcerpc
