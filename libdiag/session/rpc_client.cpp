#include "libdiag/session/rpc_client.h"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace diag::session {

using namespace dcerpc;

namespace {

constexpr std::size_t max_unread_size = 256;
constexpr std::size_t max_pdu_count = 1024;
constexpr std::uint32_t first_call_id = 2;
constexpr std::uint16_t ndr32_context = 0;
constexpr std::uint16_t ndr64_context = 1;

BindAnswer copy_of(const BindAck& ack) {
    return {.max_xmit_frag = ack.max_xmit_frag,
            .max_recv_frag = ack.max_recv_frag,
            .assoc_group = ack.assoc_group,
            .secondary_address = ack.secondary_address,
            .results = ack.results};
}

// The first PDU of the step that travelled in this direction.
const SeenPdu* first_pdu(const RpcStep& step, bool sent) {
    const auto found = std::find_if(step.pdus.begin(), step.pdus.end(), [sent](auto& pdu) { return pdu.sent == sent; });
    return found == step.pdus.end() ? nullptr : &*found;
}

}  // namespace

RpcClientAssociation::RpcClientAssociation(const RpcClientSettings& settings) : settings_{settings} {}

Actions RpcClientAssociation::on_connected(TimePoint now) {
    assert(state_ == State::idle);
    return begin(RpcStep::Kind::bind, {encode_pdu(make_bind(settings_))}, now);
}

Actions RpcClientAssociation::begin(RpcStep::Kind kind, std::vector<ByteVector> pdus, TimePoint now) {
    state_ = State::waiting;
    RpcStep& begun = evidence_.steps.emplace_back();
    begun.kind = kind;
    begun.began = now;
    Actions actions;
    for (ByteVector& bytes : pdus) {
        begun.pdus.push_back({.sent = true, .at = now, .bytes = bytes});
        actions.push_back(Action::make_send(std::move(bytes)));
    }
    return actions;
}

// A step that was answered leaves the connection usable; every other end is the connection's end.
Actions RpcClientAssociation::finish(StepEnd end, TimePoint now) {
    step().end = end;
    step().ended = now;
    const bool is_usable = end == StepEnd::answered || (end == StepEnd::fault && step().kind == RpcStep::Kind::call);
    state_ = is_usable ? State::ready : State::ended;
    if (is_usable) evidence_.unsolicited_size += in_.discard();
    return is_usable ? Actions{} : Actions{Action::make_close()};
}

void RpcClientAssociation::keep_unread(Bytes bytes) {
    const Bytes kept = head(bytes, max_unread_size);
    step().unread.assign(kept.begin(), kept.end());
}

Actions RpcClientAssociation::fail(WireError::Kind kind, std::string_view field, TimePoint now) {
    step().error = WireError{.kind = kind, .offset = 0, .field = field};
    return finish(StepEnd::malformed, now);
}

Actions RpcClientAssociation::on_received(Bytes segment, TimePoint now) {
    if (state_ != State::waiting) {
        evidence_.unsolicited_size += segment.size();
        return {};
    }
    in_.add(segment);
    Actions actions;
    while (state_ == State::waiting) {
        const PduBuffer::Next next = in_.next();
        if (next == PduBuffer::Next::need_more) return actions;
        if (next == PduBuffer::Next::not_rpc) {
            keep_unread(in_.rest());
            return finish(StepEnd::not_rpc, now);
        }
        Actions more = on_pdu(in_.pdu(), now);
        std::move(more.begin(), more.end(), std::back_inserter(actions));
    }
    return actions;
}

Actions RpcClientAssociation::on_pdu(Bytes bytes, TimePoint now) {
    if (step().pdus.size() >= max_pdu_count) return fail(WireError::Kind::limit, "fragments", now);
    step().pdus.push_back({.sent = false, .at = now, .bytes = {bytes.begin(), bytes.end()}});
    const auto pdu = decode_pdu(bytes);
    if (!pdu) {
        step().error = pdu.error();
        keep_unread(in_.rest().subspan(bytes.size()));
        return finish(StepEnd::malformed, now);
    }
    const bool is_call = step().kind == RpcStep::Kind::call;
    const PduType expected = step().kind == RpcStep::Kind::bind ? PduType::bind_ack : PduType::alter_context_resp;
    if (pdu->type() == PduType::shutdown) return finish(StepEnd::shutdown, now);
    if (const Fault* fault = pdu->fault()) {
        step().fault_status = fault->status;
        if (is_call) check_call(*pdu);
        return finish(StepEnd::fault, now);
    }
    if (is_call && pdu->response() != nullptr) return on_response(*pdu, now);
    if (is_call) return finish(StepEnd::unexpected, now);
    if (const BindNak* nak = pdu->bind_nak()) {
        step().reject_reason = nak->reject_reason;
        return finish(StepEnd::bind_nak, now);
    }
    return pdu->type() == expected ? on_bind_answer(*pdu, now) : finish(StepEnd::unexpected, now);
}

Actions RpcClientAssociation::on_bind_answer(const Pdu& pdu, TimePoint now) {
    const BindAck& ack = *pdu.bind_ack();
    const auto asked = decode_pdu(step().pdus.front().bytes);
    step().bind_answer = copy_of(ack);
    step().checks = check_bind(*asked, pdu);
    syntaxes_.on_bind_ack(*asked->bind(), ack);
    if (step().kind == RpcStep::Kind::bind) max_xmit_frag_ = std::min(settings_.max_frag_size, ack.max_recv_frag);
    const bool has_ndr32 = syntaxes_.find(ndr32_context) == Syntax::ndr32;
    const bool has_ndr64 = syntaxes_.find(ndr64_context) == Syntax::ndr64;
    if (!has_ndr32 && !has_ndr64) {
        keep_unread(in_.rest().subspan(in_.pdu().size()));
        return finish(StepEnd::no_context, now);
    }
    Actions actions = finish(StepEnd::answered, now);
    if (has_ndr32 || step().kind == RpcStep::Kind::alter_context || !settings_.alter_for_ndr32) return actions;
    return begin(RpcStep::Kind::alter_context, {encode_pdu(make_alter_context(settings_))}, now);
}

std::uint16_t RpcClientAssociation::next_context() const {
    const bool has_ndr32 = syntaxes_.find(ndr32_context) == Syntax::ndr32;
    const bool has_ndr64 = syntaxes_.find(ndr64_context) == Syntax::ndr64;
    return has_ndr32 && (call_count_ == 0 || !has_ndr64) ? ndr32_context : ndr64_context;
}

Syntax RpcClientAssociation::next_syntax() const { return syntaxes_.find(next_context()).value_or(Syntax::unknown); }

Actions RpcClientAssociation::call(Bytes stub, TimePoint now) {
    assert(is_ready());
    const std::uint16_t context_id = next_context();
    const Syntax syntax = next_syntax();
    joiner_.emplace(FragmentJoiner::Limits{.stub_size = settings_.max_answer_size, .call_count = 1});
    Pdu pdu;
    pdu.header.ptype = static_cast<std::uint8_t>(PduType::request);
    pdu.header.call_id = first_call_id + call_count_++;
    pdu.body = Request{.context_id = context_id, .stub = stub};
    Actions actions = begin(RpcStep::Kind::call, encode_fragments(pdu, max_xmit_frag_), now);
    step().context_id = context_id;
    step().syntax = syntax;
    return actions;
}

// Only one call is ever open, so any response is its answer; an alien call id is a check that fails (protocol.md 2.7).
Actions RpcClientAssociation::on_response(const Pdu& pdu, TimePoint now) {
    const auto joined = joiner_->add(pdu);
    if (joiner_->take_unfinished(false)) return fail(WireError::Kind::malformed, "call_id", now);
    if (!joined) return {};
    if (joined->missing_first) return fail(WireError::Kind::malformed, "pfc_flags", now);
    // The joiner bounds what it collects; a response in one PDU only passes through it.
    if (joined->over_limit || joined->stub.size() > settings_.max_answer_size)
        return fail(WireError::Kind::limit, "stub", now);
    step().response_stub.assign(joined->stub.begin(), joined->stub.end());
    step().order = pdu.header.order();
    check_call(pdu);
    return finish(StepEnd::answered, now);
}

// Against the first fragments of both, whose hints speak of the whole stub. `answer`: what came last.
void RpcClientAssociation::check_call(const Pdu& answer) {
    const SeenPdu* asked = first_pdu(step(), true);
    const SeenPdu* first = first_pdu(step(), false);
    const auto request = decode_pdu(asked->bytes);
    const auto first_answer = decode_pdu(first->bytes);
    const bool is_response = answer.response() != nullptr;
    const auto stub = decode_response_stub(step().response_stub, step().syntax, step().order);
    step().checks =
        dcerpc::check_call(*request, is_response ? *first_answer : answer, is_response && stub ? &*stub : nullptr);
}

void RpcClientAssociation::on_end(ConnectionEnd how, TimePoint now) {
    if (state_ == State::waiting) {
        keep_unread(in_.rest());
        finish(how == ConnectionEnd::closed ? StepEnd::closed : StepEnd::reset, now);
    }
    state_ = State::ended;
}

std::optional<TimePoint> RpcClientAssociation::deadline() const {
    if (state_ != State::waiting) return std::nullopt;
    return evidence_.steps.back().began + settings_.timeout;
}

Actions RpcClientAssociation::on_time(TimePoint now) {
    const auto at = deadline();
    if (!at || now < *at) return {};
    keep_unread(in_.rest());
    return finish(StepEnd::timed_out, now);
}

}  // namespace diag::session
