#pragma once

#include <string>
#include <vector>

#include "libdiag/proto/dcerpc/names.h"
#include "libdiag/proto/dcerpc/syntax.h"
#include "libdiag/wire/node.h"

// The PDUs that set up an association (C706 §12.6.4, protocol.md 2.2 to 2.4). Views live as long as the bytes of the PDU.
// Counts on the wire are 8 bits wide and every list item takes bytes of the PDU, so no list outgrows the 64 KiB of a PDU.
// In a PDU that was cut short a count tells how many items there were, the list holds those that were read. Encoding
// writes the sizes of the lists (and of the address) and ignores the counts.

namespace diag::dcerpc {

struct SyntaxId {
    Uuid uuid;
    std::uint32_t version = 0;
    Syntax syntax() const { return syntax_of(uuid); }
    friend bool operator==(const SyntaxId&, const SyntaxId&) = default;
};

/// One interface that the client wants to call, and the encodings it can use for it. All clients of KMS offer one a context.
struct ContextItem {
    std::uint16_t context_id = 0;
    std::uint8_t n_transfer_syn = 0;
    std::uint8_t reserved = 0;
    Uuid interface;
    MajorMinor interface_version;
    std::vector<SyntaxId> transfer_syntaxes;
    friend bool operator==(const ContextItem&, const ContextItem&) = default;
};

/// bind and alter_context.
struct Bind {
    std::uint16_t max_xmit_frag = 0;
    std::uint16_t max_recv_frag = 0;
    std::uint32_t assoc_group = 0;  ///< 0 asks for a new one
    std::uint8_t n_context_elem = 0;
    FixedBytes<3> reserved = {};
    std::vector<ContextItem> contexts;
    Bytes rest;  ///< surplus behind the last context

    bool offers(const Uuid& interface) const;
    bool offers(Syntax syntax) const;
};

/// What the host says to one context; in the order of the contexts of the bind.
struct ContextResult {
    std::uint16_t result = 0;
    std::uint16_t reason = 0;  ///< provider_rejection: why; negotiate_ack: the features granted
    Uuid transfer_syntax;
    std::uint32_t version = 0;
    friend bool operator==(const ContextResult&, const ContextResult&) = default;
};

/// bind_ack and alter_context_resp.
struct BindAck {
    std::uint16_t max_xmit_frag = 0;
    std::uint16_t max_recv_frag = 0;
    std::uint32_t assoc_group = 0;
    std::uint16_t secondary_address_size = 0;  ///< on the wire, its NUL included
    std::string secondary_address;             ///< the host's port as text, without its NUL; text of a peer: escape it
    bool secondary_terminated = false;         ///< it has that NUL
    FixedBytes<3> secondary_padding = {};      ///< up to a multiple of 4; hosts leave any bytes there
    std::uint8_t n_results = 0;
    FixedBytes<3> reserved = {};
    std::vector<ContextResult> results;
    Bytes rest;
};

struct ProtocolVersion {
    std::uint8_t major = 0;
    std::uint8_t minor = 0;
    friend bool operator==(const ProtocolVersion&, const ProtocolVersion&) = default;
};

struct BindNak {
    std::uint16_t reject_reason = 0;
    bool has_versions = false;  ///< some hosts end the PDU before the list
    std::uint8_t n_protocols = 0;
    std::vector<ProtocolVersion> versions;
    Bytes rest;  ///< pad bytes
};

/// Each reads the body behind the common header and keeps in `out` what was there before a failure; ask the reader.
void decode_body(Reader& r, Bind& out);
void decode_body(Reader& r, BindAck& out);
void decode_body(Reader& r, BindNak& out);

void encode_body(Writer& w, const Bind& bind);
void encode_body(Writer& w, const BindAck& ack);
void encode_body(Writer& w, const BindNak& nak);

/// Each adds the nodes of a body that begins at `offset`; returns the offset behind it.
std::size_t describe_body(const Bind& bind, std::size_t offset, Node& parent);
std::size_t describe_body(const BindAck& ack, std::size_t offset, Node& parent);
std::size_t describe_body(const BindNak& nak, std::size_t offset, Node& parent);

}  // namespace diag::dcerpc
