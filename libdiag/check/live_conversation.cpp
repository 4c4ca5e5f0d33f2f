#include "libdiag/check/live_conversation.h"

#include "libdiag/check/conversation_findings.h"
#include "libdiag/dissect/dialogue.h"

namespace diag::check {

using dissect::Side;
using session::ConnectEnd;
using session::StepEnd;

namespace {

constexpr std::uint8_t nanosecond_digits = 9;

bool host_ended(StepEnd end) { return end == StepEnd::closed || end == StepEnd::reset; }

}  // namespace

LiveConversation::LiveConversation(const session::ConnectEvidence& connect, const session::RpcEvidence& rpc,
                                   kms::Codec& codec)
    : connect_{connect}, lab_keys_{codec.has_built_in_keys()} {
    useless_ = useless_answer(rpc);
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
    LiveEvidence evidence{.connect = connect_, .lab_keys = lab_keys_, .useless = useless_};
    if (!is_local_failure(connect_)) {
        ConversationEvidence captured = conversation_evidence(conversation_, outcome_);
        captured.is_link_silent = is_silent_link(connect_);
        evidence.as_captured = check_conversation(captured);
    }
    return check_live(std::move(evidence));
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
