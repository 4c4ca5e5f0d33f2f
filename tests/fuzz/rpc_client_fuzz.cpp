// session::KmsClient against a host that sends anything, at any pace, and ends the connection at any point.
//
// The input begins with six bytes that say how (Plan); the rest is what the host sends.

#include "libdiag/session/kms_client.h"
#include "libdiag/wire/reader.h"
#include "tests/fuzz/hostile_peer.h"

namespace {

using namespace diag;
using namespace diag::session;
using diag::fuzz::require;

constexpr std::size_t plan_size = 6;
constexpr std::size_t max_pdu_count = 1024;   // of a step: README of session
constexpr std::size_t max_unread_size = 256;  // of a step: RpcStep::unread
constexpr std::uint64_t start_filetime = 133'640'000'000'000'000;

struct Plan {
    std::uint8_t settings;       // bits: NDR64, BTFN, multiplex, alter, small fragments, small answers
    std::uint8_t request_count;  // modulo 4
    std::uint8_t versions;       // two bits a request: 4, 5, 6, 7
    std::uint8_t pieces;         // how the bytes are cut
    std::uint8_t pace;           // tenths of a second between pieces
    std::uint8_t end;            // modulo 3: silence, close, reset
};

Plan read_plan(Bytes bytes) {
    Reader r{bytes, std::endian::little};
    return {.settings = r.u8("settings"),
            .request_count = r.u8("request_count"),
            .versions = r.u8("versions"),
            .pieces = r.u8("pieces"),
            .pace = r.u8("pace"),
            .end = r.u8("end")};
}

RpcClientSettings settings_of(const Plan& plan) {
    RpcClientSettings settings;
    settings.offer_ndr64 = (plan.settings & 1) != 0;
    settings.offer_btfn = (plan.settings & 2) != 0;
    settings.multiplex = (plan.settings & 4) != 0;
    settings.alter_for_ndr32 = (plan.settings & 8) != 0;
    if ((plan.settings & 16) != 0) settings.max_frag_size = 64;
    if ((plan.settings & 32) != 0) settings.max_answer_size = 48;
    return settings;
}

// One conversation, with all that has to hold after every event.
class Conversation {
public:
    explicit Conversation(const Plan& plan)
        : settings_{settings_of(plan)},
          request_count_{plan.request_count % 4U},
          client_{settings_, kms::lab_profile(), [](std::span<std::uint8_t> out) { std::ranges::fill(out, 0x5A); }} {
        for (std::size_t i = 0; i < request_count_; ++i) {
            kms::BaseRequest request;
            request.version = {.minor = 0, .major = static_cast<std::uint16_t>(4 + (plan.versions >> 2 * i & 3))};
            client_.add_request(request);
        }
        after(client_.on_connected(now()), false);
    }

    bool has_ended() const { return client_.has_ended(); }

    void receive(Bytes piece) {
        received_size_ += piece.size();
        const bool had_ended = has_ended();
        after(client_.on_received(piece, now()), had_ended);
    }

    void pass(std::chrono::milliseconds time) {
        steady_ += time;
        const bool had_ended = has_ended();
        const auto deadline = client_.deadline();
        after(client_.on_time(now()), had_ended);
        require(!deadline || steady_ < *deadline || has_ended());
    }

    void end(ConnectionEnd how) {
        client_.on_end(how, now());
        require(has_ended());
        check_evidence();
    }

    // The deadline exists, and is the end.
    void wait_for_deadline() {
        if (has_ended()) return;
        steady_ = *client_.deadline();
        after(client_.on_time(now()), false);
        require(has_ended());
        require(client_.rpc().steps.back().end == StepEnd::timed_out);
    }

private:
    Now now() const {
        Timestamp clock = to_timestamp(Filetime{start_filetime});
        clock.ns += std::chrono::nanoseconds{steady_.time_since_epoch()}.count();
        return {.steady = steady_, .clock = clock};
    }

    void after(const Actions& actions, bool had_ended) {
        require(!had_ended || actions.empty());
        fuzz::require_order(actions);
        for (const Action& action : actions) {
            require(action.kind != Action::Kind::wait && action.kind != Action::Kind::reset);
            // Whoever closes is through, and whoever is through has closed.
            if (action.kind == Action::Kind::close) require(has_ended());
            if (action.kind == Action::Kind::send) require_request(action.bytes);
        }
        if (!had_ended && has_ended()) require(!actions.empty() && actions.back().kind == Action::Kind::close);
        require(client_.deadline().has_value() != has_ended());
        check_evidence();
    }

    void require_request(Bytes bytes) const {
        const auto pdu = dcerpc::decode_pdu(bytes);
        require(pdu && pdu->header.frag_length == bytes.size());
    }

    void check_evidence() const {
        const RpcEvidence& rpc = client_.rpc();
        require(!rpc.steps.empty() && rpc.steps.size() <= 2 + request_count_);
        std::size_t size = rpc.unsolicited_size;
        for (const RpcStep& step : rpc.steps) size += check_step(step, &step == &rpc.steps.back());
        require(size <= received_size_);
        require(client_.exchanges().size() <= request_count_);
        for (const KmsExchange& exchange : client_.exchanges()) check_exchange(exchange);
    }

    // Returns how many received bytes the step has kept, each counted once.
    std::size_t check_step(const RpcStep& step, bool is_last) const {
        require((step.end == StepEnd::pending) == (is_last && !has_ended()));
        require(step.pdus.size() <= max_pdu_count);
        require(step.unread.size() <= max_unread_size);
        require(step.response_stub.size() <= settings_.max_answer_size);
        require(step.end == StepEnd::pending || step.ended >= step.began);
        require(step.response_stub.empty() || step.end == StepEnd::answered);
        require((step.end == StepEnd::fault) == step.fault_status.has_value());
        require((step.end == StepEnd::bind_nak) == step.reject_reason.has_value());
        require(step.end != StepEnd::malformed || step.error);
        std::size_t size = step.unread.size();
        for (const SeenPdu& pdu : step.pdus) size += pdu.sent ? 0 : pdu.bytes.size();
        return size;
    }

    void check_exchange(const KmsExchange& exchange) const {
        if (!exchange.step_index) return require(exchange.answer.verdict == KmsVerdict::no_answer);
        require(*exchange.step_index < client_.rpc().steps.size());
        const RpcStep& step = client_.rpc().steps[*exchange.step_index];
        require(step.kind == RpcStep::Kind::call);
        require((exchange.answer.verdict == KmsVerdict::no_answer) == (step.end != StepEnd::answered));
    }

    RpcClientSettings settings_;
    std::size_t request_count_;
    KmsClient client_;
    TimePoint steady_{};
    std::size_t received_size_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < plan_size) return 0;
    const Bytes input{data, size};
    const Plan plan = read_plan(input.first(plan_size));
    Conversation conversation{plan};
    for (fuzz::Pieces pieces{input.subspan(plan_size), plan.pieces}; pieces.has_next();) {
        conversation.receive(pieces.next());
        conversation.pass(std::chrono::milliseconds{100} * plan.pace);
    }
    if (plan.end % 3 == 0) conversation.wait_for_deadline();
    if (plan.end % 3 == 1) conversation.end(ConnectionEnd::closed);
    if (plan.end % 3 == 2) conversation.end(ConnectionEnd::reset);
    // What comes late changes nothing.
    conversation.receive(input);
    conversation.pass(std::chrono::hours{1});
    return 0;
}
