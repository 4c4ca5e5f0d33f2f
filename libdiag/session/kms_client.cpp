#include "libdiag/session/kms_client.h"

#include <iterator>

namespace diag::session {

KmsClient::KmsClient(const RpcClientSettings& settings, const kms::KeyProfile& profile, RandomBytes random)
    : rpc_{settings}, profile_{profile}, random_{std::move(random)} {}

void KmsClient::add_request(const kms::BaseRequest& request) {
    if (!codec_) codec_.emplace(profile_);
    queue_.push_back(request);
}

Actions KmsClient::on_connected(Now now) { return rpc_.on_connected(now.steady); }

Actions KmsClient::on_received(Bytes segment, Now now) {
    Actions actions = rpc_.on_received(segment, now.steady);
    if (!rpc_.is_ready() || closed_) return actions;
    take_answer();
    Actions more = go_on(now);
    std::move(more.begin(), more.end(), std::back_inserter(actions));
    return actions;
}

void KmsClient::take_answer() {
    if (!std::exchange(call_open_, false)) return;
    const RpcStep& step = rpc_.evidence().steps.back();
    if (step.end != StepEnd::answered) return;  // a fault
    KmsExchange& exchange = exchanges_.back();
    exchange.answer = judge_answer(*codec_, exchange.request, step.response_stub, step.syntax, step.order);
}

Actions KmsClient::go_on(Now now) {
    while (sent_count_ < queue_.size()) {
        const auto message = encode(queue_[sent_count_++], now);
        KmsExchange& exchange = exchanges_.emplace_back();
        if (!message) continue;
        exchange.step_index = rpc_.evidence().steps.size();
        exchange.request = codec_->decode_request(*message);
        call_open_ = true;
        return rpc_.call(dcerpc::encode_request_stub(*message, rpc_.next_syntax()), now.steady);
    }
    closed_ = true;
    return {Action::make_close()};
}

std::optional<ByteVector> KmsClient::encode(kms::BaseRequest request, Now now) {
    kms::Block salt;
    random_(salt);
    request.client_time_filetime = to_filetime(now.clock);
    auto message = codec_->encode_request(request, salt);
    if (!message) return std::nullopt;
    return std::move(*message);
}

}  // namespace diag::session
