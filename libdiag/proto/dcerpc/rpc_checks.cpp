#include "libdiag/proto/dcerpc/rpc_checks.h"

#include <algorithm>

namespace diag::dcerpc {
namespace {

constexpr std::uint16_t known_features = 3;

bool is_rejected(const ContextResult& result) {
    return result.result == user_rejection || result.result == provider_rejection;
}

bool accepts(const ContextResult& result, Syntax syntax) {
    return result.result == acceptance && syntax_of(result.transfer_syntax) == syntax;
}

// A failure of one result fails the check; without any result that it is about it stays unchecked.
void add(CheckResult& check, bool passed) {
    if (check != CheckResult::failed) check = check_result(passed);
}

void check_results(const BindAck& ack, RpcChecks& checks) {
    for (const ContextResult& result : ack.results) {
        if (is_rejected(result))
            add(checks.rejected_syntax_is_null, result.transfer_syntax.is_nil() && result.version == 0);
        if (result.result == acceptance) add(checks.accept_reason, result.reason == 0);
    }
}

void check_btfn(const Bind& bind, const BindAck& ack, RpcChecks& checks) {
    bool asked = false;
    bool granted = false;
    const std::size_t count = std::min(bind.contexts.size(), ack.results.size());
    for (std::size_t i = 0; i < count; ++i) {
        const auto& offered = bind.contexts[i].transfer_syntaxes;
        if (offered.empty() || offered.front().syntax() != Syntax::btfn) continue;
        asked = true;
        if (ack.results[i].result != negotiate_ack) continue;
        granted = true;
        add(checks.btfn_mask, ack.results[i].reason == (btfn_mask(offered.front().uuid) & known_features));
    }
    const bool has_ndr64 = std::any_of(ack.results.begin(), ack.results.end(),
                                       [](const ContextResult& r) { return accepts(r, Syntax::ndr64); });
    if (has_ndr64 && asked) checks.ndr64_with_btfn = check_result(granted);
}

bool has_all_contexts(const Bind& bind) {
    return bind.contexts.size() == bind.n_context_elem &&
           std::all_of(bind.contexts.begin(), bind.contexts.end(),
                       [](const ContextItem& item) { return item.transfer_syntaxes.size() == item.n_transfer_syn; });
}

void check_headers_of_bind(const Header& bind, const Header& ack, RpcChecks& checks) {
    const auto without_multiplex = static_cast<std::uint8_t>(ack.pfc_flags & ~unsigned{flag::conc_mpx});
    checks.bind_ack_flags = check_result(without_multiplex == flag::whole);
    checks.call_id = check_result(bind.call_id == ack.call_id);
    // The answer to alter_context has the flag clear, whatever was asked (protocol.md 2.3).
    if (bind.type() == PduType::bind)
        checks.multiplex_flag = check_result(bind.has(flag::conc_mpx) == ack.has(flag::conc_mpx));
}

void check_stub(const Pdu& answer, const Response& response, const ResponseStub& stub, RpcChecks& checks) {
    checks.length_fields = check_result(stub.lengths_agree());
    if (answer.header.has(flag::first_frag)) checks.alloc_hint = check_result(response.alloc_hint == stub.stub_size);
    if (stub.has_message()) {
        checks.padding =
            check_result(std::all_of(stub.padding.begin(), stub.padding.end(), [](std::uint8_t b) { return b == 0; }));
    }
    checks.return_code = check_result(stub.return_code == 0);
}

}  // namespace

RpcChecks check_bind(const Pdu& bind_pdu, const Pdu& answer) {
    RpcChecks checks;
    const Bind* bind = bind_pdu.bind();
    const BindAck* ack = answer.bind_ack();
    if (bind == nullptr || ack == nullptr) return checks;
    check_headers_of_bind(bind_pdu.header, answer.header, checks);
    // An alter_context adds to what a bind has offered, so it need not have NDR32 itself.
    const bool has_ndr32 = bind->offers(Syntax::ndr32);
    if (bind_pdu.type() == PduType::bind && (has_ndr32 || has_all_contexts(*bind)))
        checks.ndr32_offered = check_result(has_ndr32);
    check_results(*ack, checks);
    if (!has_all_contexts(*bind) || ack->results.size() != ack->n_results) return checks;
    checks.result_count = check_result(ack->results.size() == bind->contexts.size());
    check_btfn(*bind, *ack, checks);
    return checks;
}

RpcChecks check_call(const Pdu& request_pdu, const Pdu& answer, const ResponseStub* stub) {
    RpcChecks checks;
    const Request* request = request_pdu.request();
    const Response* response = answer.response();
    const Fault* fault = answer.fault();
    if (request == nullptr || (response == nullptr && fault == nullptr)) return checks;
    const std::uint16_t context_id = response != nullptr ? response->context_id : fault->context_id;
    const std::uint8_t cancel_count = response != nullptr ? response->cancel_count : fault->cancel_count;
    const unsigned optional_flags = fault != nullptr ? flag::did_not_execute : 0U;
    checks.call_id = check_result(answer.header.call_id == request_pdu.header.call_id);
    checks.context_id = check_result(context_id == request->context_id);
    checks.cancel_count = check_result(cancel_count == 0);
    checks.flags = check_result((answer.header.pfc_flags & ~optional_flags) == flag::whole);
    if (response != nullptr && stub != nullptr) check_stub(answer, *response, *stub, checks);
    return checks;
}

}  // namespace diag::dcerpc
