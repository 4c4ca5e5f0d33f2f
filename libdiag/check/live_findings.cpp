#include "libdiag/check/live_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "libdiag/check/rules.h"
#include "libdiag/dissect/conversation.h"
#include "libdiag/lang/message.h"

namespace diag::check {

using lang::say;
using lang::tr;
using session::ConnectEnd;
using session::ConnectEvidence;
using session::StepEnd;

namespace {

using Findings = std::vector<Finding>;

bool is_forbidden(const ConnectEvidence& connect) {
    return connect.end == ConnectEnd::prohibited || connect.icmp.has_value();
}

std::string local_failure_text(const ConnectEvidence& connect) {
    if (!connect.icmp) return fmt::format("connect: {}", std::strerror(connect.system_error));
    const auto& icmp = *connect.icmp;
    return say("ICMP {} from {}, which is this machine",
               tr(dissect::icmp_text(icmp.sender.family, icmp.type, icmp.code)), to_string(icmp.sender));
}

void connect_no_route(const LiveEvidence& e, Findings& out) {
    if (!is_local_failure(e.connect)) return;
    const bool forbidden = is_forbidden(e.connect);
    const std::string target = to_string(e.connect.target);
    Finding finding{.rule = &rule::connect_no_route,
                    .target = target,
                    .title = forbidden ? say("this machine itself forbids the connection to {}", target)
                                       : say("this machine has no route to {}", target),
                    .evidence = {local_failure_text(e.connect)},
                    .packets = {}};
    finding.likely_cause = finding.likely_remedy = forbidden ? 1 : 0;
    out.push_back(std::move(finding));
}

// Whoever is not our reference host must say this to a request under the lab keys.
bool is_expected_refusal(const LiveEvidence& e, const Finding& finding) {
    return e.lab_keys && finding.rule == &rule::request_invalid;
}

void lab_keys_refused(const LiveEvidence& e, Findings& out) {
    for (const Finding& refusal : e.as_captured) {
        if (!is_expected_refusal(e, refusal)) continue;
        out.push_back({.rule = &rule::lab_keys_refused,
                       .target = refusal.target,
                       .title = say("{} answers; it cannot read a request under the lab keys, as no genuine host can",
                                    refusal.target),
                       .evidence = refusal.evidence,
                       .packets = {}});
    }
}

// Nobody who asked under these keys can open the answer.
void response_check(const LiveEvidence& e, Findings& out) {
    for (const Finding& closed : e.as_captured) {
        if (closed.rule != &rule::keys_missing) continue;
        out.push_back(
            {.rule = &rule::response_check,
             .target = closed.target,
             .title = say("the answer of {} fails checks that the client makes: {}", closed.target, "decrypt"),
             .evidence = closed.evidence,
             .packets = {}});
    }
}

void bind_no_syntax(const LiveEvidence& e, Findings& out) {
    if (!e.useless || e.useless->end != StepEnd::no_context || e.is_explained()) return;
    const std::string host = to_string(e.connect.target);
    out.push_back(
        {.rule = &rule::bind_no_syntax,
         .target = host,
         .title = say("{} accepted no transfer syntax that it was offered", host),
         .evidence = {std::string{tr("the answer to the bind accepts a transfer syntax that was not offered")}},
         .packets = {}});
}

std::string no_answer_title(bool is_to_call, const std::string& host) {
    return is_to_call ? say("{} answered the request with something that is no answer to it", host)
                      : say("{} answered the bind with something that is no answer to it", host);
}

void add_no_answer(const Rule& rule, const LiveEvidence& e, bool is_to_call, Findings& out) {
    if (!e.useless || e.useless->is_to_call != is_to_call || e.useless->end == StepEnd::no_context) return;
    if (e.is_explained()) return;
    const std::string host = to_string(e.connect.target);
    const auto seen =
        e.useless->end == StepEnd::unexpected ? tr("a PDU of another type") : tr("a PDU that does not decode");
    out.push_back({.rule = &rule,
                   .target = host,
                   .title = no_answer_title(is_to_call, host),
                   .evidence = {std::string{seen}},
                   .packets = {}});
}

void bind_no_answer(const LiveEvidence& e, Findings& out) { add_no_answer(rule::bind_no_answer, e, false, out); }
void request_no_answer(const LiveEvidence& e, Findings& out) { add_no_answer(rule::request_no_answer, e, true, out); }

// What came and led nowhere is no silence, for which the bytes of the conversation alone must take it.
bool is_silence(const Finding& finding) {
    return finding.rule == &rule::bind_no_answer || finding.rule == &rule::request_no_answer;
}

constexpr Row<LiveEvidence> rows[] = {
    {&rule::connect_no_route, connect_no_route}, {&rule::bind_no_syntax, bind_no_syntax},
    {&rule::bind_no_answer, bind_no_answer},     {&rule::request_no_answer, request_no_answer},
    {&rule::lab_keys_refused, lab_keys_refused}, {&rule::response_check, response_check},
};

}  // namespace

std::optional<UselessAnswer> useless_answer(const session::RpcEvidence& rpc) {
    if (rpc.steps.empty()) return std::nullopt;
    const session::RpcStep& step = rpc.steps.back();
    switch (step.end) {
        case StepEnd::no_context:
        case StepEnd::unexpected:
        case StepEnd::malformed:
            return UselessAnswer{.is_to_call = step.kind == session::RpcStep::Kind::call, .end = step.end};
        default: return std::nullopt;
    }
}

bool LiveEvidence::says_otherwise(const Finding& finding) const {
    return is_expected_refusal(*this, finding) || finding.rule == &rule::keys_missing ||
           (useless && is_silence(finding));
}

bool LiveEvidence::is_explained() const {
    return std::ranges::any_of(as_captured, [this](const Finding& finding) {
        if (finding.rule == &rule::keys_missing) return true;
        return finding.rule->severity == Severity::critical && !says_otherwise(finding);
    });
}

bool is_silent_link(const ConnectEvidence& connect) {
    if (!connect.icmp || connect.icmp->sender != connect.local.ip) return false;
    const auto [type, code] = std::pair{connect.icmp->type, connect.icmp->code};
    return connect.target.ip.family == IpAddress::Family::v4 ? type == 3 && code == 1 : type == 1 && code == 3;
}

bool is_local_failure(const ConnectEvidence& connect) {
    const bool by_others = connect.icmp && connect.icmp->sender != connect.local.ip;
    if (by_others || is_silent_link(connect)) return false;
    return is_forbidden(connect) || connect.end == ConnectEnd::unreachable;
}

std::span<const Row<LiveEvidence>> live_rows() { return rows; }

std::vector<Finding> check_live(LiveEvidence evidence) {
    std::vector<Finding> findings;
    look(live_rows(), evidence, findings);
    std::erase_if(evidence.as_captured, [&](const Finding& finding) { return evidence.says_otherwise(finding); });
    std::ranges::move(evidence.as_captured, std::back_inserter(findings));
    std::ranges::stable_sort(findings, std::ranges::greater{}, [](const Finding& f) { return f.rule->severity; });
    return findings;
}

}  // namespace diag::check
