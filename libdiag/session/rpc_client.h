#pragma once

#include "libdiag/proto/dcerpc/fragments.h"
#include "libdiag/session/pdu_buffer.h"
#include "libdiag/session/rpc_evidence.h"

namespace diag::session {

struct RpcClientSettings {
    Uuid interface = dcerpc::kms_interface_id;
    MajorMinor interface_version{.major = 1, .minor = 0};
    bool offer_ndr64 = true;
    bool offer_btfn = true;
    bool multiplex = true;        ///< the flag conc_mpx in the bind
    bool alter_for_ndr32 = true;  ///< ask for NDR32 again after a host took NDR64 instead
    std::uint16_t max_frag_size = 5840;
    /// The bind is made at least so long, by naming NDR32 again and again in context 0: to see whether large packets pass.
    std::size_t min_bind_size = 0;
    std::chrono::milliseconds timeout{10'000};            ///< of one step, from its first byte out to its last byte in
    std::size_t max_answer_size = std::size_t{16} << 10;  ///< bytes of a response's stub
};

/// The bind of a Windows client (protocol.md 2.2): contexts 0 NDR32, 1 NDR64, 2 BTFN, as the settings have it; call id 2.
dcerpc::Pdu make_bind(const RpcClientSettings& settings);
/// An alter_context that asks for NDR32 on context 0 (protocol.md 2.2); call id 2.
dcerpc::Pdu make_alter_context(const RpcClientSettings& settings);

/// The client's side of one connection-oriented DCE/RPC connection, in the manner of Windows (protocol.md 2.2): bind, an
/// alter_context if the host refused NDR32 in favour of NDR64, then calls, one at a time; the first in NDR32 where that is
/// possible, the others in NDR64. Call ids: 2 for bind, alter_context and first call, then 3, 4 and so on.
///
/// Do the actions that a call returns; report bytes, the end of the connection and deadlines as they come. Everything that
/// happens is in evidence(). Memory: what limits of a PDU (64 KiB) and of an answer allow, and 1024 PDUs a step.
///
///     auto actions = rpc.on_connected(now);              // ... rpc.on_received(bytes, now) until ready
///     if (rpc.is_ready()) actions = rpc.call(encode_request_stub(message, rpc.next_syntax()), now);
class RpcClientAssociation {
public:
    explicit RpcClientAssociation(const RpcClientSettings& settings = {});

    Actions on_connected(TimePoint now);
    Actions on_received(Bytes segment, TimePoint now);
    void on_end(ConnectionEnd how, TimePoint now);
    Actions on_time(TimePoint now);
    /// When on_time() has to be called at the latest; nullopt while nothing is awaited.
    std::optional<TimePoint> deadline() const;

    /// Sends a call of operation 0; only when is_ready().
    Actions call(Bytes stub, TimePoint now);
    /// In which syntax the next call has to be; meaningful when is_ready().
    dcerpc::Syntax next_syntax() const;

    bool is_ready() const { return state_ == State::ready; }  ///< bound, and no call under way
    bool has_ended() const { return state_ == State::ended; }
    const RpcEvidence& evidence() const { return evidence_; }

private:
    enum class State : std::uint8_t { idle, waiting, ready, ended };

    RpcStep& step() { return evidence_.steps.back(); }
    Actions begin(RpcStep::Kind kind, std::vector<ByteVector> pdus, TimePoint now);
    Actions finish(StepEnd end, TimePoint now);
    void keep_unread(Bytes bytes);
    Actions fail(WireError::Kind kind, std::string_view field, TimePoint now);
    Actions on_pdu(Bytes bytes, TimePoint now);
    Actions on_bind_answer(const dcerpc::Pdu& pdu, TimePoint now);
    Actions on_response(const dcerpc::Pdu& pdu, TimePoint now);
    void check_call(const dcerpc::Pdu& fallback);
    std::uint16_t next_context() const;

    RpcClientSettings settings_;
    State state_ = State::idle;
    PduBuffer in_;
    dcerpc::SyntaxMap syntaxes_;
    std::optional<dcerpc::FragmentJoiner> joiner_;
    std::uint16_t max_xmit_frag_ = 0;
    std::uint32_t call_count_ = 0;
    RpcEvidence evidence_;
};

}  // namespace diag::session
