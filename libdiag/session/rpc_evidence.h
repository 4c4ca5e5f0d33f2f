#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libdiag/proto/dcerpc/rpc_checks.h"
#include "libdiag/session/actions.h"

// What a client saw of the RPC layer, step by step: facts for others to judge.

namespace diag::session {

/// How a step ended.
enum class StepEnd : std::uint8_t {
    pending,
    answered,    ///< bind, alter_context: a syntax can be used; call: a response came
    no_context,  ///< answered, and every context was refused
    bind_nak,
    fault,
    shutdown,    ///< the host asked for the end of the connection instead
    not_rpc,     ///< bytes of another protocol; `unread` has the first of them
    malformed,   ///< a PDU that does not decode, or a call that cannot be joined: `error`
    unexpected,  ///< a PDU of a type that answers something else
    closed,      ///< the connection was closed in order before the answer was whole
    reset,
    timed_out,
};

/// "answered", "no_context" ...: for JSON.
std::string_view name_of(StepEnd end);

/// How the other side ended the connection.
enum class ConnectionEnd : std::uint8_t { closed, reset };

/// A PDU as it travelled: the decoders of proto/dcerpc say everything else about it.
struct SeenPdu {
    bool sent = false;
    TimePoint at;
    ByteVector bytes;
};

/// What a bind_ack or alter_context_resp said; a copy of dcerpc::BindAck without its views.
struct BindAnswer {
    std::uint16_t max_xmit_frag = 0;
    std::uint16_t max_recv_frag = 0;
    std::uint32_t assoc_group = 0;
    std::string secondary_address;  ///< text of a peer: escape it
    std::vector<dcerpc::ContextResult> results;
};

/// One thing that the client wanted and what came back.
struct RpcStep {
    enum class Kind : std::uint8_t { bind, alter_context, call };
    Kind kind = Kind::bind;
    StepEnd end = StepEnd::pending;
    TimePoint began;
    TimePoint ended;
    std::vector<SeenPdu> pdus;  ///< in the order in which they travelled
    dcerpc::RpcChecks checks;   ///< what a careful client looks at
    std::optional<WireError> error;
    ByteVector unread;  ///< up to 256 bytes that came and were no whole PDU
    std::optional<BindAnswer> bind_answer;
    std::optional<std::uint16_t> reject_reason;  ///< of a bind_nak
    std::optional<std::uint32_t> fault_status;
    // Kind::call
    std::uint16_t context_id = 0;
    dcerpc::Syntax syntax = dcerpc::Syntax::unknown;
    std::endian order = std::endian::little;  ///< of the response
    ByteVector response_stub;                 ///< joined from its fragments
};

struct RpcEvidence {
    std::vector<RpcStep> steps;
    std::size_t unsolicited_size = 0;  ///< bytes that came when nothing was asked
};

}  // namespace diag::session
