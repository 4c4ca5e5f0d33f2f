#pragma once

#include <optional>

#include "libdiag/proto/dcerpc/names.h"
#include "libdiag/wire/node.h"

// The PDUs of a call (C706 §12.6.4.8 to 12.6.4.10, protocol.md 2.5 to 2.8). Views live as long as the bytes of the PDU;
// nothing here allocates.

namespace diag::dcerpc {

struct Request {
    std::uint32_t alloc_hint = 0;  ///< a hint, never a length
    std::uint16_t context_id = 0;
    std::uint16_t opnum = 0;
    std::optional<Uuid> object;  ///< there when the header has flag::object_uuid
    Bytes stub;
};

struct Response {
    std::uint32_t alloc_hint = 0;
    std::uint16_t context_id = 0;
    std::uint8_t cancel_count = 0;
    std::uint8_t reserved = 0;
    Bytes stub;
};

struct Fault {
    std::uint32_t alloc_hint = 0;
    std::uint16_t context_id = 0;
    std::uint8_t cancel_count = 0;
    std::uint8_t reserved = 0;
    std::uint32_t status = 0;
    Bytes rest;  ///< four reserved bytes, then perhaps stub data; short hosts end before
};

/// A PDU of a type that has no body of its own: shutdown, co_cancel, orphaned, auth3, and the types that we do not know.
struct Other {
    Bytes rest;
};

inline constexpr Field<Request> request_fields[] = {
    {"alloc_hint", "Allocation hint", &Request::alloc_hint},
    {"context_id", "Context id", &Request::context_id},
    {"opnum", "Operation number", &Request::opnum},
};

inline constexpr Field<Response> response_fields[] = {
    {"alloc_hint", "Allocation hint", &Response::alloc_hint},
    {"context_id", "Context id", &Response::context_id},
    {"cancel_count", "Cancel count", &Response::cancel_count},
    {"reserved", "Reserved", &Response::reserved, Show::hex, {}, false},
};

inline constexpr Field<Fault> fault_fields[] = {
    {"alloc_hint", "Allocation hint", &Fault::alloc_hint},
    {"context_id", "Context id", &Fault::context_id},
    {"cancel_count", "Cancel count", &Fault::cancel_count},
    {"reserved", "Reserved", &Fault::reserved, Show::hex, {}, false},
    {"status", "Status", &Fault::status, Show::code, fault_status_names},
};

/// Each reads the body behind the common header and keeps in `out` what was there before a failure; ask the reader.
void decode_body(Reader& r, bool has_object, Request& out);
void decode_body(Reader& r, Response& out);
void decode_body(Reader& r, Fault& out);
void decode_body(Reader& r, Other& out);

void encode_body(Writer& w, const Request& request);
void encode_body(Writer& w, const Response& response);
void encode_body(Writer& w, const Fault& fault);
void encode_body(Writer& w, const Other& other);

/// Each adds the nodes of a body that begins at `offset`; returns the offset behind it. The node with key "stub" is the
/// place for what a caller makes of the stub.
std::size_t describe_body(const Request& request, std::size_t offset, Node& parent);
std::size_t describe_body(const Response& response, std::size_t offset, Node& parent);
std::size_t describe_body(const Fault& fault, std::size_t offset, Node& parent);
std::size_t describe_body(const Other& other, std::size_t offset, Node& parent);

/// Adds the bytes behind the known fields of a body, if there are any, as one child; returns the offset behind them.
std::size_t describe_rest(Bytes rest, std::string_view label, std::size_t offset, Node& parent);

}  // namespace diag::dcerpc
