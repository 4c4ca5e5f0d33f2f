#pragma once

#include <memory>

#include "libdiag/proto/kms/codec.h"
#include "libdiag/session/actions.h"
#include "libdiag/session/client_list.h"
#include "libdiag/session/event_12290.h"
#include "libdiag/session/host_settings.h"
#include "libdiag/session/rpc_server.h"

namespace diag::session {

/// What the host says to one message.
struct HostAnswer {
    std::uint32_t hresult = 0;  ///< 0: `message` is there
    ByteVector message;
};

/// The reference KMS host without its connections: messages in, messages out (protocol.md 4 to 9). A test double that is
/// stricter than a real host: it verifies all that a message offers, and refuses properly.
///
/// It speaks the lab key profile and no other, and every ePID bears the lab's mark; no setting changes either. A request of
/// a genuine client gets 0x8007000D, the answer to a request that cannot be read. It counts from zero, or from the settings'
/// start count, in a list that somebody else keeps. One thread at a time.
class KmsHost {
public:
    using EventSink = std::function<void(const Event12290&)>;

    /// `clients` outlives the host. `sink`: called once a request, before its answer is given; may be empty.
    /// The error is find_problem()'s line.
    static std::expected<std::unique_ptr<KmsHost>, std::string> create(HostSettings settings, ClientList& clients,
                                                                       RandomBytes random, EventSink sink = {});

    /// `now`: true time, to which the host adds its clock offset.
    HostAnswer on_message(Bytes message, Timestamp now);

    const HostSettings& settings() const { return settings_; }
    /// In the order of settings().keys.
    const std::vector<std::string>& epids() const { return epids_; }

private:
    KmsHost(HostSettings settings, ClientList& clients, RandomBytes random, EventSink sink);

    std::uint32_t judge(const kms::Request& request, Timestamp host_time, kms::BaseResponse& response);
    ByteVector encode(const kms::Request& request, const kms::BaseResponse& response);

    HostSettings settings_;
    ClientList& clients_;
    RandomBytes random_;
    EventSink sink_;
    kms::Codec codec_;
    std::vector<std::string> host_key_ids_;
    std::vector<std::string> epids_;
};

/// The one operation of the KMS interface: takes the message out of the stub, has it answered, wraps the answer up. A stub
/// that does not decode, or whose two lengths differ, gets the fault "bad stub data".
class KmsCalls : public CallHandler {
public:
    explicit KmsCalls(KmsHost& host) : host_{host} {}

    /// The true time of the calls that follow.
    void set_time(Timestamp now) { now_ = now; }
    std::expected<ByteVector, std::uint32_t> on_call(const Call& call) override;

private:
    KmsHost& host_;
    Timestamp now_;
};

}  // namespace diag::session
