#include "libdiag/proto/dcerpc/call.h"

#include "libdiag/base/hex.h"

namespace diag::dcerpc {
namespace {

std::size_t describe_stub(Bytes stub, std::size_t offset, Node& parent) {
    parent.add({.key = "stub",
                .label = "Stub",
                .offset = offset,
                .size = stub.size(),
                .value = std::to_string(stub.size()) + " bytes",
                .meaning = {}});
    return offset + stub.size();
}

}  // namespace

std::size_t describe_rest(Bytes rest, std::string_view label, std::size_t offset, Node& parent) {
    if (rest.empty()) return offset;
    parent.add({.key = "rest",
                .label = std::string{label},
                .offset = offset,
                .size = rest.size(),
                .value = to_hex(rest),
                .meaning = {}});
    return offset + rest.size();
}

void decode_body(Reader& r, bool has_object, Request& out) {
    decode_fields<Request>(r, request_fields, out);
    if (has_object) {
        const Uuid object = r.uuid("object");
        if (!r.failed()) out.object = object;
    }
    out.stub = r.bytes(r.remaining(), "stub");
}

void decode_body(Reader& r, Response& out) {
    decode_fields<Response>(r, response_fields, out);
    out.stub = r.bytes(r.remaining(), "stub");
}

void decode_body(Reader& r, Fault& out) {
    decode_fields<Fault>(r, fault_fields, out);
    out.rest = r.bytes(r.remaining(), "rest");
}

void decode_body(Reader& r, Other& out) { out.rest = r.bytes(r.remaining(), "rest"); }

void encode_body(Writer& w, const Request& request) {
    encode_fields<Request>(w, request_fields, request);
    if (request.object) w.uuid(*request.object);
    w.bytes(request.stub);
}

void encode_body(Writer& w, const Response& response) {
    encode_fields<Response>(w, response_fields, response);
    w.bytes(response.stub);
}

void encode_body(Writer& w, const Fault& fault) {
    encode_fields<Fault>(w, fault_fields, fault);
    w.bytes(fault.rest);
}

void encode_body(Writer& w, const Other& other) { w.bytes(other.rest); }

std::size_t describe_body(const Request& request, std::size_t offset, Node& parent) {
    offset = describe_fields<Request>(request_fields, request, offset, parent);
    if (request.object) {
        parent.add({.key = "object",
                    .label = "Object",
                    .offset = offset,
                    .size = 16,
                    .value = to_string(*request.object),
                    .meaning = {}});
        offset += 16;
    }
    return describe_stub(request.stub, offset, parent);
}

std::size_t describe_body(const Response& response, std::size_t offset, Node& parent) {
    return describe_stub(response.stub, describe_fields<Response>(response_fields, response, offset, parent), parent);
}

std::size_t describe_body(const Fault& fault, std::size_t offset, Node& parent) {
    return describe_rest(fault.rest, "Reserved, stub", describe_fields<Fault>(fault_fields, fault, offset, parent),
                         parent);
}

std::size_t describe_body(const Other& other, std::size_t offset, Node& parent) {
    return describe_rest(other.rest, "Body", offset, parent);
}

}  // namespace diag::dcerpc
