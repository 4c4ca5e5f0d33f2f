#include "libdiag/check/live_conversation.h"

#include <fmt/format.h>

#include <cstring>

#include "libdiag/check/conversation_findings.h"
#include "libdiag/check/rules.h"
#include "libdiag/dissect/dialogue.h"

namespace diag::check {

using dissect::Side;
using session::ConnectEnd;
using session::StepEnd;

namespace {

constexpr std::uint8_t nanosecond_digits = 9;

// The system asked for the host's link address (ARP, neighbour discovery) and got no answer.
bool is_silent_link(const session::ConnectEvidence& connect) {
    if (!connect.icmp || connect.icmp->sender != connect.local.ip) return false;
    const auto [type, code] = std::pair{connect.icmp->type, connect.icmp->code};
    return connect.target.ip.family == IpAddress::Family::v4 ? type == 3 && code == 1 : type == 1 && code == 3;
}

// What never left this machine.
std::optional<Finding> check_local_failure(const session::ConnectEvidence& connect) {
    const bool by_others = connect.icmp && connect.icmp->sender != connect.local.ip;
    if (by_others || is_silent_link(connect)) return std::nullopt;
    const bool forbidden = connect.end == ConnectEnd::prohibited || connect.icmp.has_value();
    if (!forbidden && connect.end != ConnectEnd::unreachable) return std::nullopt;
    const std::string target = to_string(connect.target);
    Finding finding{.rule = &rule::connect_no_route,
                    .target = target,
                    .title = forbidden ? fmt::format("this machine itself forbids the connection to {}", target)
                                       : fmt::format("this machine has no route to {}", target),
                    .evidence = {},
                    .packets = {}};
    if (connect.icmp) {
        finding.evidence.push_back(
            fmt::format("ICMP {} from {}, which is this machine",
                        dissect::icmp_text(connect.icmp->sender.family, connect.icmp->type, connect.icmp->code),
                        to_string(connect.icmp->sender)));
    } else {
        finding.evidence.push_back(fmt::format("connect: {}", std::strerror(connect.system_error)));
    }
    finding.likely_cause = finding.likely_remedy = forbidden ? 1 : 0;
    return finding;
}

void add_neighbour(const session::ConnectEvidence& connect, std::vector<Finding>& findings) {
    if (!is_silent_link(connect)) return;
    for (Finding& finding : findings) {
        if (finding.rule != &rule::connect_no_answer) continue;
        finding.evidence.push_back(
            "the host is on a link of this machine and does not answer there (ARP, neighbour "
            "discovery): it is off, or has another address");
        finding.likely_cause = 1;
        finding.likely_remedy = 2;
    }
}

Finding as_expected_of_lab_keys(Finding refusal) {
    Finding finding{
        .rule = &rule::lab_keys_refused,
        .target = refusal.target,
        .title = fmt::format("{} answers; it cannot read a request under the lab keys, as no genuine host can",
                             refusal.target),
        .evidence = std::move(refusal.evidence),
        .packets = {}};
    return finding;
}

// Nobody who asked under these keys can open the answer.
Finding as_failed_check(Finding closed) {
    Finding finding{.rule = &rule::response_check,
                    .target = closed.target,
                    .title = fmt::format("the answer of {} fails checks that the client makes: decrypt", closed.target),
                    .evidence = std::move(closed.evidence),
                    .packets = {}};
    return finding;
}

// An answer that leads nowhere. In a capture it cannot be told from a client that had enough.
std::optional<Finding> check_useless_answer(const std::string& host, const session::RpcEvidence& rpc) {
    if (rpc.steps.empty()) return std::nullopt;
    const session::RpcStep& step = rpc.steps.back();
    const bool is_call = step.kind == session::RpcStep::Kind::call;
    const std::string_view asked = is_call ? "request" : "bind";
    Finding finding{.rule = is_call ? &rule::request_no_answer : &rule::bind_no_answer,
                    .target = host,
                    .title = {},
                    .evidence = {},
                    .packets = {}};
    switch (step.end) {
        case StepEnd::no_context:
            finding.rule = &rule::bind_no_syntax;
            finding.title = fmt::format("{} accepted no transfer syntax that it was offered", host);
            finding.evidence.push_back("the answer to the bind accepts a transfer syntax that was not offered");
            return finding;
        case StepEnd::unexpected:
        case StepEnd::malformed:
            finding.title = fmt::format("{} answered the {} with something that is no answer to it", host, asked);
            finding.evidence.push_back(step.end == StepEnd::unexpected ? "a PDU of another type"
                                                                       : "a PDU that does not decode");
            return finding;
        default: return std::nullopt;
    }
}

bool host_ended(StepEnd end) { return end == StepEnd::closed || end == StepEnd::reset; }

}  // namespace

LiveConversation::LiveConversation(const session::ConnectEvidence& connect, const session::RpcEvidence& rpc,
                                   kms::Codec& codec)
    : connect_{connect}, lab_keys_{codec.has_built_in_keys()} {
    useless_answer_ = check_useless_answer(to_string(connect.target), rpc);
    flow_.reset(1, connect.local, connect.target);
    flow_.verdict = dissect::Flow::Verdict::kms;
    flow_.on_port = true;
    flow_.fraction_digits = nanosecond_digits;
    add_connect();
    for (const session::RpcStep& step : rpc.steps) add_step(step);
    const bool ended_by_us =
        !rpc.steps.empty() && !host_ended(rpc.steps.back().end) && rpc.steps.back().end != StepEnd::timed_out;
    const Timestamp end = rpc.steps.empty() ? clock_of(connect.ended) : clock_of(rpc.steps.back().ended);
    if (ended_by_us) add_close(Side::client, false, end);
    dissect::read_dialogue(flow_, true, codec, conversation_);
    conversation_.live = true;
    conversation_.observed_until = end;
    outcome_ = outcome_of(conversation_);
}

std::vector<Finding> LiveConversation::findings() const {
    if (auto local = check_local_failure(connect_)) return {std::move(*local)};
    auto findings = check_conversation(conversation_, outcome_);
    add_neighbour(connect_, findings);
    // Whoever is not our reference host must say this to a request under the lab keys.
    for (Finding& finding : findings) {
        if (lab_keys_ && finding.rule == &rule::request_invalid) finding = as_expected_of_lab_keys(std::move(finding));
        if (finding.rule == &rule::keys_missing) finding = as_failed_check(std::move(finding));
    }
    if (useless_answer_) {
        // What came and led nowhere is no silence, for which the bytes of the conversation alone must take it.
        std::erase_if(findings, [](const Finding& finding) {
            return finding.rule == &rule::bind_no_answer || finding.rule == &rule::request_no_answer;
        });
        if (worst(findings) != Severity::critical) findings.insert(findings.begin(), *useless_answer_);
    }
    return findings;
}

Timestamp LiveConversation::clock_of(session::TimePoint at) const {
    return {connect_.began_at.ns + std::chrono::duration_cast<std::chrono::nanoseconds>(at - connect_.began).count()};
}

void LiveConversation::add(dissect::TcpEvent event, Timestamp at) {
    const auto side = static_cast<std::size_t>(event.from);
    event.sequence = next_[side];
    event.acknowledgment = next_[1 - side];
    event.mark = {.packet = ++event_count_, .time = at};
    next_[side] += event.payload_size + (event.syn || event.fin ? 1U : 0U);
    flow_.on_segment(event);
}

void LiveConversation::add_connect() {
    add({.from = Side::client, .syn = true}, clock_of(connect_.began));
    flow_.facts.syn_count = connect_.syn_count;
    const Timestamp ended = clock_of(connect_.ended);
    if (connect_.end == ConnectEnd::connected || connect_.end == ConnectEnd::reset) {
        add({.from = Side::host, .syn = true, .ack = true}, ended);
        if (connect_.end == ConnectEnd::reset) add_close(Side::host, true, ended);
    } else if (connect_.icmp) {
        add_icmp(*connect_.icmp, ended);
    } else if (connect_.end == ConnectEnd::refused) {
        add_close(Side::host, true, ended);
    }
}

void LiveConversation::add_icmp(const session::IcmpReport& icmp, const Timestamp& at) {
    if (icmp.sender == connect_.local.ip) return;  // our own system gave up
    flow_.on_icmp({.mark = {.packet = ++event_count_, .time = at},
                   .sender = icmp.sender,
                   .type = icmp.type,
                   .code = icmp.code,
                   .text = dissect::icmp_text(icmp.sender.family, icmp.type, icmp.code)});
}

void LiveConversation::add_step(const session::RpcStep& step) {
    for (const session::SeenPdu& pdu : step.pdus) add_payload(pdu.sent ? Side::client : Side::host, pdu.bytes, pdu.at);
    add_payload(Side::host, step.unread, step.ended);
    if (host_ended(step.end)) add_close(Side::host, step.end == StepEnd::reset, clock_of(step.ended));
}

void LiveConversation::add_payload(Side from, Bytes bytes, session::TimePoint at) {
    if (bytes.empty()) return;
    add({.from = from, .ack = true, .payload = bytes, .payload_size = static_cast<std::uint32_t>(bytes.size())},
        clock_of(at));
}

void LiveConversation::add_close(Side from, bool reset, Timestamp at) {
    add({.from = from, .ack = true, .fin = !reset, .rst = reset}, at);
}

}  // namespace diag::check
