#include "libdiag/probe/attempt.h"

#include <algorithm>

#include "libdiag/proto/dcerpc/names.h"

namespace diag::probe {
namespace {

using session::RpcStep;
using session::StepEnd;

bool is_accepted(std::uint16_t result) { return result == dcerpc::acceptance || result == dcerpc::negotiate_ack; }

// "NDR32 refused, NDR64 accepted, ...": the offers of the bind with the results of its answer.
std::string syntaxes_of(const RpcStep& step) {
    const auto asked = dcerpc::decode_pdu(step.pdus.front().bytes);
    if (!asked || asked->bind() == nullptr) return {};
    std::string text;
    const auto& contexts = asked->bind()->contexts;
    for (std::size_t i = 0; i < contexts.size() && i < step.bind_answer->results.size(); ++i) {
        if (!text.empty()) text += ", ";
        text += dcerpc::describe_syntax(contexts[i].transfer_syntaxes.front().uuid);
        text += is_accepted(step.bind_answer->results[i].result) ? " accepted" : " refused";
    }
    return text;
}

std::optional<BindFacts> bind_facts(const session::RpcEvidence& rpc) {
    if (rpc.steps.empty() || !rpc.steps.front().bind_answer) return std::nullopt;
    const RpcStep& step = rpc.steps.front();
    return BindFacts{.syntaxes = syntaxes_of(step),
                     .assoc_group = step.bind_answer->assoc_group,
                     .secondary_address = step.bind_answer->secondary_address,
                     .max_recv_frag = step.bind_answer->max_recv_frag,
                     .offers_kms = step.end == StepEnd::answered};
}

std::optional<RequestFacts> request_facts(const std::vector<session::KmsExchange>& exchanges) {
    if (exchanges.empty()) return std::nullopt;
    const session::KmsExchange& last = exchanges.back();
    RequestFacts facts{.verdict = last.answer.verdict};
    if (last.request.base) facts.needed_count = last.request.base->required_client_count;
    if (last.answer.verdict == session::KmsVerdict::refused) facts.hresult = last.answer.return_code;
    if (last.answer.response && last.answer.response->base) {
        facts.count = last.answer.response->base->count;
        facts.epid = last.answer.response->base->epid_text();
    }
    return facts;
}

// From the first byte out to the last byte in, of all steps of this kind; nullopt when the last had no answer.
std::optional<std::chrono::nanoseconds> time_of(const session::RpcEvidence& rpc, bool calls) {
    std::optional<std::chrono::nanoseconds> time;
    for (const RpcStep& step : rpc.steps) {
        if ((step.kind == RpcStep::Kind::call) != calls) continue;
        if (!calls && step.kind != RpcStep::Kind::bind) continue;
        if (step.end != StepEnd::answered) return std::nullopt;
        time = step.ended - step.began;
    }
    return time;
}

std::string icmp_text(const check::LiveConversation& live) {
    const auto& icmp = live.conversation().tcp.icmp;
    return icmp ? std::string{icmp->text} : std::string{};
}

}  // namespace

Attempt make_attempt(const net::DialogReport& report, const check::LiveConversation& live) {
    return {.target = report.connect.target,
            .local = report.connect.local,
            .connect_end = report.connect.end,
            .outcome = live.outcome(),
            .findings = live.findings(),
            .connect_time = report.connect.ended - report.connect.began,
            .bind_time = time_of(report.rpc, false),
            .request_time = time_of(report.rpc, true),
            .path = report.connect.path,
            .icmp = report.connect.icmp,
            .icmp_text = icmp_text(live),
            .bind = bind_facts(report.rpc),
            .request = request_facts(report.exchanges),
            .began_at = report.connect.began_at};
}

}  // namespace diag::probe
