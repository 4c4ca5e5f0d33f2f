#pragma once

#include <expected>
#include <string>

#include "libdiag/proto/dcerpc/fragments.h"
#include "libdiag/session/bind_negotiation.h"
#include "libdiag/session/pdu_buffer.h"

namespace diag::session {

/// Fault statuses (MS-RPCE 2.2.2.8 and 3.1.1.5.5, protocol.md 2.7).
namespace fault_status {
inline constexpr std::uint32_t bad_stub_data = 0x000006F7;
inline constexpr std::uint32_t op_rng_error = 0x1C010002;
inline constexpr std::uint32_t unk_if = 0x1C010003;
inline constexpr std::uint32_t proto_error = 0x1C01000B;
}  // namespace fault_status

/// bind_nak reasons (MS-RPCE 2.2.2.5, protocol.md 2.4).
namespace reject_reason {
inline constexpr std::uint16_t not_specified = 0;
inline constexpr std::uint16_t local_limit_exceeded = 2;
inline constexpr std::uint16_t protocol_version_not_supported = 4;
}  // namespace reject_reason

/// A whole call. The view lives until the handler returns.
struct Call {
    Bytes stub;
    dcerpc::Syntax syntax = dcerpc::Syntax::ndr32;
    std::endian order =
        std::endian::little;  ///< of the request; answers are little-endian (the receiver makes it right)
};

/// Who answers calls: a stub back in the same syntax, or a fault status.
class CallHandler {
public:
    virtual ~CallHandler() = default;
    virtual std::expected<ByteVector, std::uint32_t> on_call(const Call& call) = 0;
};

/// What the server sends because of one PDU, and to what: enough for somebody in between to change it.
struct Reply {
    enum class To : std::uint8_t { bind, call, other };
    To to = To::other;
    std::vector<ByteVector> pdus;  ///< in order; none for what is only ended
    bool close = false;            ///< end the connection behind them
    // To::call: what was asked.
    ByteVector call_stub;
    dcerpc::Syntax syntax = dcerpc::Syntax::unknown;  ///< unknown: of a context that was never bound
    std::endian order = std::endian::little;
};

struct RpcServerSettings {
    BindRules rules;
    std::uint16_t max_frag_size = 5840;      ///< bytes that we send or take in one PDU
    std::string secondary_address = "1688";  ///< the port
    std::uint16_t operation_count = 1;
    std::size_t max_call_size = std::size_t{16} << 10;  ///< bytes of a fragmented request's stub
};

/// The server's side of one connection-oriented DCE/RPC connection (C706 chapters 9 and 12, MS-RPCE 3.3.3; protocol.md 2). Bytes in, replies out:
/// what comes out does not depend on how the bytes were cut into segments.
///
/// What it does not serve it refuses by name: bind_nak for a bind that it cannot answer, fault for a call. It ends the
/// connection after bytes that are not RPC, a bind_nak, and a fault nca_proto_error (PDUs that have no place where they
/// came). Authentication trailers are skipped. Memory: 64 KiB of input, and max_call_size for each of four open calls.
class RpcServerAssociation {
public:
    /// `handler` outlives this. `assoc_group`: not 0; a real host counts it up with each connection.
    RpcServerAssociation(RpcServerSettings settings, std::uint32_t assoc_group, CallHandler& handler);

    std::vector<Reply> on_bytes(Bytes segment);

    bool is_bound() const { return bound_; }
    bool has_ended() const { return ended_; }  ///< what comes now is ignored

private:
    Reply on_not_rpc() const;
    Reply on_pdu(Bytes bytes);
    Reply on_bind(const dcerpc::Pdu& pdu);
    Reply on_alter_context(const dcerpc::Pdu& pdu);
    Reply on_request(const dcerpc::Pdu& pdu);
    Reply on_call(const dcerpc::Pdu& last, Bytes stub);
    ByteVector make_bind_ack(const dcerpc::Pdu& pdu);

    RpcServerSettings settings_;
    std::uint32_t assoc_group_;
    CallHandler& handler_;
    PduBuffer in_;
    dcerpc::SyntaxMap syntaxes_;
    dcerpc::FragmentJoiner calls_;
    std::uint16_t max_xmit_frag_ = 0;  // agreed: what the client takes
    std::uint16_t max_recv_frag_ = 0;
    bool bound_ = false;
    bool ended_ = false;
};

}  // namespace diag::session
