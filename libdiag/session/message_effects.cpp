#include <algorithm>
#include <limits>

#include "libdiag/proto/dcerpc/stub.h"
#include "libdiag/session/fault_effects.h"
#include "libdiag/session/server_pdus.h"
#include "libdiag/session/tamper.h"

namespace diag::session {

using namespace dcerpc;

namespace {

// The answer to a call, joined: its header and context with the stub, which is in `stub`.
std::optional<Pdu> join(const Outgoing& out, ByteVector& stub) {
    FragmentJoiner joiner;
    for (const ByteVector& bytes : out.pdus) {
        const auto pdu = decode_pdu(bytes);
        if (!pdu || pdu->response() == nullptr) return std::nullopt;
        const auto joined = joiner.add(*pdu);
        if (!joined) continue;
        stub.assign(joined->stub.begin(), joined->stub.end());
        Pdu whole = make_answer(PduType::response, pdu->header);
        whole.body = Response{.context_id = pdu->response()->context_id, .stub = stub};
        return whole;
    }
    return std::nullopt;
}

// What came in one PDU goes in one; else the first fragment shows how long they may be.
std::size_t frag_size_of(const Outgoing& out) {
    return out.pdus.size() == 1 ? std::numeric_limits<std::uint16_t>::max() : out.pdus.front().size();
}

void set_stub(Pdu response, Bytes stub, Outgoing& out) {
    response.body = Response{.context_id = response.response()->context_id, .stub = stub};
    out.pdus = encode_fragments(response, frag_size_of(out));
}

void refuse(const Fault& fault, const Reply& reply, Outgoing& out) {
    ByteVector stub;
    const auto response = join(out, stub);
    if (response) set_stub(*response, encode_refusal_stub(fault.argument, reply.syntax), out);
}

void split(const Fault& fault, Outgoing& out) {
    constexpr std::size_t call_header_size = header_size + 8;
    ByteVector stub;
    const auto response = join(out, stub);
    if (response) out.pdus = encode_fragments(*response, call_header_size + fault.argument);
}

std::optional<kms::Block> request_salt(const Reply& reply, kms::Codec& codec) {
    const auto stub = decode_request_stub(reply.call_stub, reply.syntax, reply.order);
    return stub ? codec.decode_request(stub->message).salt : std::nullopt;
}

// What a fault changes in the values of an answer.
void change(FaultKind kind, const std::optional<kms::Block>& asked_salt, OpenAnswer& answer) {
    const bool is_v6 = answer.base.version.major == 6;
    switch (kind) {
        case FaultKind::bad_hmac:
            answer.new_tag = false;
            answer.proofs.tag[0] ^= 0xFF;
            break;
        case FaultKind::bad_hash: answer.proofs.random_hash[0] ^= 0xFF; break;
        case FaultKind::bad_salt: (is_v6 ? answer.proofs.request_salt : answer.salt)[0] ^= 0xFF; break;
        case FaultKind::echo_salt:
            if (is_v6 && asked_salt) answer.salt = *asked_salt;
            break;
        case FaultKind::inner_version: answer.base.version.minor = 1; break;
        case FaultKind::wrong_time: ++answer.base.client_time_filetime.ticks; break;
        case FaultKind::wrong_machine_id: answer.base.client_machine_id.wire[0] ^= 0xFF; break;
        default: break;
    }
}

bool fits(FaultKind kind, std::uint16_t major) {
    switch (kind) {
        case FaultKind::bad_mac: return major == 4;
        case FaultKind::bad_hmac:
        case FaultKind::echo_salt: return major == 6;
        case FaultKind::wrong_version:
        case FaultKind::wrong_time:
        case FaultKind::wrong_machine_id: return true;
        default: return major >= 5;
    }
}

// In CBC a byte of the last but one block changes the same byte of the last plaintext block: here the padding's count.
void spoil_padding(ByteVector& message) {
    if (message.size() > kms::sealed_header_size + kms::block_size)
        message[message.size() - 1 - kms::block_size] ^= 0x80;
}

// The MAC of version 4 covers the version, so it is made anew where the form remains that of version 4.
void state_version(kms::Codec& codec, const Fault& fault, MinorMajor real, ByteVector& message) {
    const auto major = static_cast<std::uint16_t>(fault.argument >> 16);
    const MinorMajor stated{.minor = static_cast<std::uint16_t>(fault.argument & 0xFFFF),
                            .major = major == 0 ? real.major : major};
    if (real.major == 4 && stated.major == 4) {
        if (auto edited = edit_answer(codec, message, [&](OpenAnswer& a) { a.base.version = stated; }))
            message = std::move(*edited);
    }
    set_clear_version(message, stated);
}

void edit_bytes(const Fault& fault, const Reply& reply, kms::Codec& codec, ByteVector& message) {
    const kms::Response answer = codec.decode_response(message);
    if (!answer.has_version() || !fits(fault.kind, answer.version.major)) return;
    if (fault.kind == FaultKind::bad_mac) {
        message.back() ^= 0xFF;
    } else if (fault.kind == FaultKind::bad_padding) {
        spoil_padding(message);
    } else if (fault.kind == FaultKind::wrong_version) {
        state_version(codec, fault, answer.version, message);
    } else {
        const auto salt = request_salt(reply, codec);
        auto edited = edit_answer(codec, message, [&](OpenAnswer& open) { change(fault.kind, salt, open); });
        if (edited) message = std::move(*edited);
    }
}

}  // namespace

bool edit_message(const Reply& reply, Outgoing& out, const std::function<void(ByteVector&)>& edit) {
    ByteVector stub;
    const auto response = join(out, stub);
    if (!response) return false;
    const auto decoded = decode_response_stub(stub, reply.syntax, std::endian::little);
    if (!decoded || !decoded->has_message()) return false;
    ByteVector message{decoded->message.begin(), decoded->message.end()};
    edit(message);
    set_stub(*response, encode_response_stub(message, decoded->return_code, reply.syntax), out);
    return true;
}

void apply_message_fault(const Fault& fault, const Reply& reply, kms::Codec& codec, Outgoing& out) {
    if (fault.kind == FaultKind::hresult) return refuse(fault, reply, out);
    if (fault.kind == FaultKind::fragments) return split(fault, out);
    edit_message(reply, out, [&](ByteVector& message) { edit_bytes(fault, reply, codec, message); });
}

}  // namespace diag::session
