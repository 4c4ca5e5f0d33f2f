#pragma once

#include "libdiag/base/check_result.h"
#include "libdiag/proto/dcerpc/pdu.h"
#include "libdiag/proto/dcerpc/stub.h"

namespace diag::dcerpc {

/// What a careful client looks at in the answers of a host, apart from the KMS message (protocol.md 8.1, end). The first
/// eight belong to a bind and its answer, call_id to both, the others to a request and its answer. What does not apply,
/// or was not captured, is not_checked.
struct RpcChecks {
    CheckResult result_count = CheckResult::not_checked;             ///< as many results as contexts
    CheckResult rejected_syntax_is_null = CheckResult::not_checked;  ///< rejected: UUID zero, version 0
    CheckResult accept_reason = CheckResult::not_checked;            ///< accepted: reason 0
    CheckResult btfn_mask = CheckResult::not_checked;        ///< granted: what was asked for, of the features 1 and 2
    CheckResult ndr64_with_btfn = CheckResult::not_checked;  ///< NDR64 accepted: BTFN, if asked for, answered too
    CheckResult ndr32_offered = CheckResult::not_checked;    ///< the bind has NDR32 among its contexts
    CheckResult bind_ack_flags = CheckResult::not_checked;   ///< first + last, besides the multiplex flag
    CheckResult multiplex_flag = CheckResult::not_checked;   ///< in bind_ack as in bind
    CheckResult call_id = CheckResult::not_checked;          ///< echoed
    CheckResult context_id = CheckResult::not_checked;       ///< echoed
    CheckResult cancel_count = CheckResult::not_checked;     ///< 0
    CheckResult flags = CheckResult::not_checked;            ///< first + last; a fault may add did-not-execute
    CheckResult length_fields = CheckResult::not_checked;    ///< both lengths in the stub agree
    CheckResult alloc_hint = CheckResult::not_checked;       ///< the size of the stub
    CheckResult padding = CheckResult::not_checked;          ///< zero bytes
    CheckResult return_code = CheckResult::not_checked;      ///< 0; anything else is the host's HRESULT

    friend bool operator==(const RpcChecks&, const RpcChecks&) = default;
};

struct RpcCheckEntry {
    std::string_view key;
    CheckResult RpcChecks::*member;
};

inline constexpr RpcCheckEntry rpc_check_table[] = {
    {"result_count", &RpcChecks::result_count},
    {"rejected_syntax_is_null", &RpcChecks::rejected_syntax_is_null},
    {"accept_reason", &RpcChecks::accept_reason},
    {"btfn_mask", &RpcChecks::btfn_mask},
    {"ndr64_with_btfn", &RpcChecks::ndr64_with_btfn},
    {"ndr32_offered", &RpcChecks::ndr32_offered},
    {"bind_ack_flags", &RpcChecks::bind_ack_flags},
    {"multiplex_flag", &RpcChecks::multiplex_flag},
    {"call_id", &RpcChecks::call_id},
    {"context_id", &RpcChecks::context_id},
    {"cancel_count", &RpcChecks::cancel_count},
    {"flags", &RpcChecks::flags},
    {"length_fields", &RpcChecks::length_fields},
    {"alloc_hint", &RpcChecks::alloc_hint},
    {"padding", &RpcChecks::padding},
    {"return_code", &RpcChecks::return_code},
};

/// A bind with its bind_ack, or an alter_context with its alter_context_resp; any other pair checks nothing. Lists that
/// were cut leave the checks that need all of them unchecked.
RpcChecks check_bind(const Pdu& bind, const Pdu& answer);

/// A request with its response or fault. `stub` is the response's whole stub, joined from its fragments if need be;
/// nullptr when it was cut, could not be read, or the syntax is not known.
RpcChecks check_call(const Pdu& request, const Pdu& answer, const ResponseStub* stub);

}  // namespace diag::dcerpc
