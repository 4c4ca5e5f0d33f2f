#pragma once

#include "libdiag/session/kms_verdict.h"
#include "libdiag/session/rpc_client.h"

namespace diag::session {

/// One request and what became of it.
struct KmsExchange {
    kms::Request request;                   ///< as sent
    std::optional<std::size_t> step_index;  ///< of its call in the RPC evidence; none when it was not sent
    KmsAnswer answer;
};

/// A KMS client on one connection: binds, sends the requests that it was given one after the other, judges each answer,
/// and closes. Without requests it only binds, which leaves no trace in a host's count.
///
/// Drives like the association beneath it: do the actions, report what happens; over when has_ended().
///
///     KmsClient client{{}, kms::lab_profile(), fill_random};
///     client.add_request(*make_request(settings));
///     auto actions = client.on_connected(now);
class KmsClient {
public:
    /// `profile`: under which requests are made and answers read. `random`: for salts.
    KmsClient(const RpcClientSettings& settings, const kms::KeyProfile& profile, RandomBytes random);

    /// To be sent with the client time of the moment in which it goes out. Before on_connected(). Its version is 4 to 6 and
    /// the profile has a key for it; otherwise it is not sent and its exchange stays without an answer.
    void add_request(const kms::BaseRequest& request);

    Actions on_connected(Now now);
    Actions on_received(Bytes segment, Now now);
    void on_end(ConnectionEnd how, Now now) { rpc_.on_end(how, now.steady); }
    Actions on_time(Now now) { return rpc_.on_time(now.steady); }
    std::optional<TimePoint> deadline() const { return rpc_.deadline(); }

    bool has_ended() const { return closed_ || rpc_.has_ended(); }
    const RpcEvidence& rpc() const { return rpc_.evidence(); }
    const std::vector<KmsExchange>& exchanges() const { return exchanges_; }

private:
    void take_answer();
    Actions go_on(Now now);
    std::optional<ByteVector> encode(kms::BaseRequest request, Now now);

    RpcClientAssociation rpc_;
    kms::KeyProfile profile_;
    std::optional<kms::Codec>
        codec_;  // only with requests: expanding the keys is a good part of what a bind alone costs
    RandomBytes random_;
    std::vector<kms::BaseRequest> queue_;
    std::size_t sent_count_ = 0;
    std::vector<KmsExchange> exchanges_;
    bool call_open_ = false;
    bool closed_ = false;
};

}  // namespace diag::session
