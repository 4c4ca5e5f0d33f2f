#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string_view>

#include "libdiag/session/host_connection.h"
#include "libdiag/session/kms_client.h"
#include "tests/support/vectors.h"

namespace diag::test {

/// A PDU of rpc_pdus.json.
ByteVector rpc_pdu(std::string_view id);

/// One case of v4_messages.json, v5_messages.json or v6_messages.json.
const boost::json::object& message_case(unsigned major, std::string_view id);

/// The request_fields of a case as a base request.
kms::BaseRequest base_request_of(const boost::json::object& message);

/// Random bytes that are different each time and the same on every run.
session::RandomBytes counting_bytes();

/// Random bytes that were decided on: one block a call, from the front; throws when there are no more.
session::RandomBytes these_bytes(std::vector<ByteVector> blocks);

/// A time in the middle of 2024 as FILETIME, on which most tests take place.
inline constexpr Filetime lab_time{133'640'000'000'000'000};

/// A client and the reference host, joined in memory; time stands still unless somebody waits.
class Lab {
public:
    explicit Lab(session::HostSettings settings = {}, std::vector<std::string_view> faults = {});

    /// Connects the client and lets both talk until the client is through or nobody has anything to say any more.
    /// `piece_size`: both ways all bytes travel in pieces of that size; 0: as sent.
    void run(session::KmsClient& client, std::size_t piece_size = 0);

    /// One request of a fresh client on a connection of its own.
    session::KmsExchange ask(const kms::BaseRequest& request);
    /// The HRESULT to one message, without RPC.
    std::uint32_t hresult_of(Bytes message);

    session::Now now() const { return {.steady = steady, .clock = clock}; }
    void pass(std::chrono::nanoseconds time);

    session::MemoryClientList clients;
    std::vector<session::Event12290> events;
    std::unique_ptr<session::KmsHost> host;
    session::FaultPlan plan;
    session::TimePoint steady{};
    Timestamp clock = to_timestamp(lab_time);
    std::size_t action_count = 0;  ///< that the host wanted done since the Lab was made

private:
    struct Talk;
    bool step(Talk& talk);
    void wait(Talk& talk, std::chrono::nanoseconds time);
};

/// A request for Windows 10 or 11 Enterprise in version 6; count required: 25. `machine`: number of the client machine.
kms::BaseRequest windows_request(unsigned machine = 1);
kms::BaseRequest server_request(unsigned machine = 1);
kms::BaseRequest office_request(unsigned machine = 1);

}  // namespace diag::test
