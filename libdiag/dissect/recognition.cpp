#include "libdiag/dissect/recognition.h"

#include <algorithm>

#include "libdiag/proto/dcerpc/stub.h"

namespace diag::dissect {
namespace {

using dcerpc::PduType;

constexpr std::size_t patience_size = 16U << 10;  // bytes after which an undecided connection is given up
constexpr std::uint8_t rpc_version = 5;
constexpr std::uint16_t first_major = 3;  // of KMS messages; 4 to 6 exist, tests and tools send others
constexpr std::uint16_t last_major = 15;

bool is_type(PduType type, std::initializer_list<PduType> types) {
    return std::find(types.begin(), types.end(), type) != types.end();
}

// The first bytes of a PDU of one of these types, or as many of them as there are.
bool begins_like(Bytes payload, std::initializer_list<PduType> types) {
    if (!dcerpc::looks_like_rpc(payload)) return false;
    return payload.size() < 3 || is_type(static_cast<PduType>(payload[2]), types);
}

std::optional<std::uint16_t> major_of(Bytes message) {
    if (message.size() < 4) return std::nullopt;
    Reader r{message};
    r.u16("minor");
    return r.u16("major");
}

enum class Opinion : std::uint8_t { unknown, kms_bind, kms_call, other_rpc };

// What one whole PDU of the client says.
Opinion opinion_of(const dcerpc::Pdu& pdu) {
    if (const auto* bind = pdu.bind()) {
        return bind->offers(dcerpc::kms_interface_id) ? Opinion::kms_bind : Opinion::other_rpc;
    }
    if (pdu.request() != nullptr && pdu.header.has(dcerpc::flag::whole)) {
        return looks_like_kms_request(pdu) ? Opinion::kms_call : Opinion::other_rpc;
    }
    return Opinion::unknown;
}

// The first opinion that the client's bytes give. `aligned`: they begin with a PDU.
Opinion opinion_of(Bytes bytes, bool aligned) {
    constexpr int max_pdus = 8;
    if (!aligned && !dcerpc::is_pdu_start(bytes)) return Opinion::unknown;
    for (int i = 0; i < max_pdus && bytes.size() >= dcerpc::header_size && dcerpc::looks_like_rpc(bytes); ++i) {
        const std::size_t size = dcerpc::peek_frag_length(bytes);
        if (bytes.size() < size) break;
        const auto pdu = dcerpc::decode_pdu(bytes.first(size));
        if (pdu) {
            const Opinion opinion = opinion_of(*pdu);
            if (opinion != Opinion::unknown) return opinion;
        }
        bytes = bytes.subspan(size);
    }
    return Opinion::unknown;
}

// A side of a connection on the KMS port whose first byte we have: is it another protocol?
bool speaks_otherwise(Flow& flow, std::size_t side) {
    auto& direction = flow.directions[side];
    if (!direction.start_known()) return false;
    const Bytes prefix = direction.prefix();
    if (prefix.empty() || dcerpc::looks_like_rpc(prefix)) return false;
    // What the other side says to that is worth keeping, too, and RPC may follow behind a greeting.
    const auto& other = flow.directions[1 - side];
    if (direction.byte_count() + other.byte_count() > patience_size) flow.want_bytes = false;
    return true;
}

}  // namespace

bool may_begin_kms(Bytes payload, Side from) {
    if (from == Side::host) return begins_like(payload, {PduType::bind_ack, PduType::bind_nak});
    if (!begins_like(payload, {PduType::bind})) return false;
    return opinion_of(payload, true) != Opinion::other_rpc;
}

std::optional<Side> recognise(Bytes payload) {
    if (payload.size() < dcerpc::header_size || payload[0] != rpc_version || !dcerpc::is_pdu_start(payload))
        return std::nullopt;
    const std::size_t size = dcerpc::peek_frag_length(payload);
    if (payload.size() < size) return std::nullopt;
    const auto type = static_cast<PduType>(payload[2]);
    if (!is_type(type, {PduType::bind, PduType::alter_context, PduType::request, PduType::response}))
        return std::nullopt;
    const auto pdu = dcerpc::decode_pdu(payload.first(size));
    if (!pdu) return std::nullopt;
    if (type == PduType::response) return looks_like_kms_response(*pdu) ? std::optional{Side::host} : std::nullopt;
    const Opinion opinion = opinion_of(*pdu);
    return opinion == Opinion::kms_bind || opinion == Opinion::kms_call ? std::optional{Side::client} : std::nullopt;
}

bool is_from_host(Bytes payload) {
    return begins_like(payload, {PduType::bind_ack, PduType::bind_nak, PduType::alter_context_resp, PduType::response,
                                 PduType::fault, PduType::shutdown}) &&
           payload.size() >= 3;
}

bool is_from_client(Bytes payload) {
    return payload.size() >= 3 &&
           begins_like(payload, {PduType::bind, PduType::alter_context, PduType::request, PduType::auth3});
}

bool is_kms_message(Bytes message) {
    const auto major = major_of(message);
    return major && *major >= first_major && *major <= last_major;
}

bool looks_like_kms_request(const dcerpc::Pdu& pdu) {
    const auto* request = pdu.request();
    if (request == nullptr || request->opnum != 0) return false;
    const auto syntax = dcerpc::guess_request_syntax(request->stub, request->stub.size(), pdu.header.order());
    if (!syntax) return false;
    const auto stub = dcerpc::decode_request_stub(request->stub, *syntax, pdu.header.order());
    return stub && is_kms_message(stub->message);
}

namespace {

std::optional<dcerpc::ResponseStub> response_stub_of(const dcerpc::Pdu& pdu) {
    const auto* response = pdu.response();
    if (response == nullptr) return std::nullopt;
    const auto syntax = dcerpc::guess_response_syntax(response->stub, response->stub.size(), pdu.header.order());
    if (!syntax) return std::nullopt;
    const auto stub = dcerpc::decode_response_stub(response->stub, *syntax, pdu.header.order());
    return stub ? std::optional{*stub} : std::nullopt;
}

}  // namespace

bool looks_like_kms_response(const dcerpc::Pdu& pdu) {
    const auto stub = response_stub_of(pdu);
    return stub && is_kms_message(stub->message);
}

bool looks_like_kms_refusal(const dcerpc::Pdu& pdu) {
    constexpr std::uint32_t failure_bit = 0x80000000;
    const auto stub = response_stub_of(pdu);
    return stub && !stub->has_message() && (stub->return_code & failure_bit) != 0;
}

Flow::Verdict decide(Flow& flow) {
    using Verdict = Flow::Verdict;
    auto& client = flow.directions[0];
    const bool aligned = client.start_known();
    if (flow.on_port && (speaks_otherwise(flow, 0) || speaks_otherwise(flow, 1))) {
        return flow.want_bytes ? Verdict::undecided : Verdict::kms;
    }
    const Bytes prefix = client.prefix();
    switch (opinion_of(prefix, aligned)) {
        case Opinion::kms_bind: flow.recognized_by = RecognizedBy::bind; return Verdict::kms;
        case Opinion::kms_call:
            if (flow.on_port) return Verdict::kms;
            break;
        case Opinion::other_rpc: return Verdict::not_ours;
        case Opinion::unknown: break;
    }
    if (!flow.on_port && aligned && !prefix.empty() && !may_begin_kms(prefix, Side::client)) return Verdict::not_ours;
    const bool too_long = client.byte_count() + flow.directions[1].byte_count() > patience_size;
    if (!too_long) return Verdict::undecided;
    // Cut packets may hide what is called; then the port and the RPC on it have to do.
    return flow.on_port && aligned && dcerpc::looks_like_rpc(prefix) ? Verdict::kms : Verdict::not_ours;
}

}  // namespace diag::dissect
