#pragma once

#include <optional>

#include "libdiag/proto/dcerpc/auth.h"
#include "libdiag/proto/dcerpc/body.h"
#include "libdiag/proto/dcerpc/header.h"

namespace diag::dcerpc {

/// A connection-oriented PDU. The header's type says which body it has. Views in it live as long as the bytes it was read
/// from.
struct Pdu {
    Header header;
    Body body;
    std::optional<AuthTrailer> auth;

    PduType type() const { return header.type(); }
    // The body, or nullptr when the PDU is of another type.
    const Request* request() const { return body.get<Request>(); }
    const Response* response() const { return body.get<Response>(); }
    const Fault* fault() const { return body.get<Fault>(); }
    const Bind* bind() const { return body.get<Bind>(); }            ///< also of alter_context
    const BindAck* bind_ack() const { return body.get<BindAck>(); }  ///< also of alter_context_resp
    const BindNak* bind_nak() const { return body.get<BindNak>(); }
    /// Of a request or response; empty for every other type.
    Bytes stub() const;
};

/// What could be read of a PDU whose bytes may end early (snaplen, a stream that stopped).
///
/// Every field in front of `error->offset` was read; the ones behind it hold their defaults. Lists hold the items that
/// were read, the counts beside them say how many there were. A stub holds the bytes that are there.
struct PartialPdu : Pdu {
    std::optional<WireError> error;
    bool complete() const { return !error; }
};

/// Decodes the PDU at the front of `bytes`, which has at least frag_length of them; bytes behind it are left alone.
Decoded<Pdu> decode_pdu(Bytes bytes);

/// The same for bytes that may be fewer than frag_length. Never fails as a whole.
PartialPdu decode_pdu_partial(Bytes captured);

/// Encodes in the byte order of header.drep. frag_length, auth_length, the counts and flag::object_uuid follow from what
/// the PDU holds, whatever the struct says; the header's type must match the body. At most 65535 bytes in all.
ByteVector encode_pdu(const Pdu& pdu);

/// The tree, in the manner of `tshark -V`: offsets count from `offset`, where the PDU starts. Of a cut PDU it shows what
/// was read, and a last node says what is missing.
Node describe_pdu(const Pdu& pdu, std::size_t offset = 0);
Node describe_pdu(const PartialPdu& pdu, std::size_t offset = 0);

}  // namespace diag::dcerpc
