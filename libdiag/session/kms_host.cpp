#include "libdiag/session/kms_host.h"

#include <cassert>

#include "libdiag/proto/dcerpc/stub.h"
#include "libdiag/session/counting.h"
#include "libdiag/session/kms_verdict.h"
#include "libdiag/session/request_rules.h"

namespace diag::session {
namespace {

Timestamp shifted(Timestamp time, std::chrono::seconds offset) {
    return {time.ns + std::chrono::nanoseconds{offset}.count()};
}

}  // namespace

std::expected<std::unique_ptr<KmsHost>, std::string> KmsHost::create(HostSettings settings, ClientList& clients,
                                                                     RandomBytes random, EventSink sink) {
    if (auto problem = find_problem(settings)) return std::unexpected(std::move(*problem));
    return std::unique_ptr<KmsHost>{new KmsHost{std::move(settings), clients, std::move(random), std::move(sink)}};
}

KmsHost::KmsHost(HostSettings settings, ClientList& clients, RandomBytes random, EventSink sink)
    : settings_{std::move(settings)},
      clients_{clients},
      random_{std::move(random)},
      sink_{std::move(sink)},
      codec_{kms::lab_profile()} {
    for (const InstalledKey& key : settings_.keys) {
        host_key_ids_.push_back(key.host_key_id);
        epids_.push_back(*make_epid(settings_, key));
    }
}

HostAnswer KmsHost::on_message(Bytes message, Timestamp now) {
    const Timestamp host_time = shifted(now, settings_.clock_offset);
    const kms::Request request = codec_.decode_request(message);
    kms::BaseResponse response;
    HostAnswer answer{.hresult = judge(request, host_time, response)};
    if (sink_) sink_(make_event(host_time, answer.hresult, request.base ? &*request.base : nullptr));
    if (answer.hresult == hresult::success) answer.message = encode(request, response);
    return answer;
}

// Fills the response when the request is granted.
std::uint32_t KmsHost::judge(const kms::Request& request, Timestamp host_time, kms::BaseResponse& response) {
    const RequestRuling ruling{.host_time = to_filetime(host_time),
                               .max_clock_difference = settings_.max_clock_difference,
                               .host_key_ids = host_key_ids_};
    if (const std::uint32_t refusal = check_request(request, ruling); refusal != hresult::success) return refusal;
    const kms::BaseRequest& base = *request.base;
    if (clients_.count(base.application_id) == 0)
        count_in_advance(clients_, base.application_id, settings_.start_count, ruling.host_time);
    const auto count = count_client(clients_, base.application_id, base.client_machine_id, base.required_client_count,
                                    ruling.host_time);
    if (!count) return hresult::list_full;
    response.version = base.version;
    const std::size_t key_index = find_activating_key(*kms::find_kms_item(base.kms_id), host_key_ids_);
    const bool fits = response.set_epid_text(epids_[key_index]);
    assert(fits);
    static_cast<void>(fits);
    response.client_machine_id = base.client_machine_id;
    response.client_time_filetime = base.client_time_filetime;
    response.count = *count;
    response.activation_interval_minutes = static_cast<std::uint32_t>(settings_.activation_interval.count());
    response.renewal_interval_minutes = static_cast<std::uint32_t>(settings_.renewal_interval.count());
    return hresult::success;
}

ByteVector KmsHost::encode(const kms::Request& request, const kms::BaseResponse& response) {
    kms::ResponseSalts salts{.request_salt = request.salt.value_or(kms::Block{}), .hwid = settings_.hwid};
    random_(salts.random);
    random_(salts.salt);
    auto message = codec_.encode_response(response, salts);
    assert(message);  // the lab profile has keys for all versions that check_request() lets through
    return std::move(*message);
}

std::expected<ByteVector, std::uint32_t> KmsCalls::on_call(const Call& call) {
    const auto stub = dcerpc::decode_request_stub(call.stub, call.syntax, call.order);
    if (!stub || !stub->lengths_agree()) return std::unexpected(fault_status::bad_stub_data);
    const HostAnswer answer = host_.on_message(stub->message, now_);
    if (answer.hresult != hresult::success) return dcerpc::encode_refusal_stub(answer.hresult, call.syntax);
    return dcerpc::encode_response_stub(answer.message, hresult::success, call.syntax);
}

}  // namespace diag::session
