#pragma once

#include <string_view>
#include <thread>
#include <vector>

#include "libdiag/net/host_server.h"
#include "libdiag/proto/kms/base_request.h"

namespace diag::test {

/// Time of the host in most tests: that of the request "win10-even" in tests/vectors.
inline constexpr Filetime vector_time{133'500'000'000'000'000};

/// How a LiveHost differs from a healthy one.
struct HostPlan {
    net::ServerSettings server;
    session::HostSettings host;
    std::vector<std::string_view> faults;
    net::HostServer::Settle settle = [] { return std::expected<void, std::string>{}; };
};

/// A reference host on a loopback port of the system's choice, in a thread of its own. Its clock shows vector_time.
class LiveHost {
public:
    explicit LiveHost(HostPlan plan = {});
    ~LiveHost() { stop(); }

    std::uint16_t port() const { return server_->endpoints().front().port; }
    /// Stops it, waits for its end, and gives what run() gave. Counters and events are to be read afterwards.
    std::expected<void, std::string> stop();
    /// Waits for the end that the host comes to by itself.
    std::expected<void, std::string> join();

    const net::ServerCounters& counters() const { return server_->counters(); }
    const std::vector<session::Event12290>& events() const { return events_; }

private:
    session::MemoryClientList clients_;
    std::vector<session::Event12290> events_;
    std::unique_ptr<session::KmsHost> host_;
    session::FaultPlan faults_;
    std::unique_ptr<net::HostServer> server_;
    std::expected<void, std::string> result_;
    std::thread thread_;
};

/// A client's socket; every wait ends after some seconds with an exception, so that no test hangs.
class ClientSocket {
public:
    explicit ClientSocket(std::uint16_t port, int receive_buffer_size = 0);
    ClientSocket(ClientSocket&& other) noexcept;
    ~ClientSocket();

    void send(Bytes bytes);
    /// False when the host has closed.
    bool try_send(Bytes bytes);
    void end_sending();

    enum class End : std::uint8_t { closed, reset };
    /// One DCE/RPC PDU; throws when the connection ends before it is whole.
    ByteVector receive_pdu();
    /// Takes one PDU; false when the connection has ended instead.
    bool is_answered();
    /// All that comes until the connection ends.
    ByteVector receive_rest(End* how = nullptr);
    /// Whether something, also an end, can be received within this time.
    bool has_something(std::chrono::milliseconds time);

private:
    ByteVector receive_pdu_or_end();

    int fd_;
};

ByteVector pdu_vector(std::string_view id);  ///< of rpc_pdus.json

/// Bind and one request of the vectors, answered: the count of clients. Throws for anything else than a good answer.
std::uint32_t ask(ClientSocket& socket);
/// The count in a response PDU to the request "v6 win10-even"; throws for anything that fails a client's checks.
std::uint32_t count_in(Bytes response_pdu);

}  // namespace diag::test
