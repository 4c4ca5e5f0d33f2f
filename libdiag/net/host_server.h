#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libdiag/base/ip_address.h"
#include "libdiag/net/publish_settings.h"
#include "libdiag/session/host_connection.h"

namespace diag::net {

/// A connection may always have sent so many bytes without an answer: a bind with requests behind it is a few hundred.
inline constexpr std::size_t small_request_size = 4096;

struct ServerSettings {
    std::vector<Endpoint> listen;                    ///< at least one; port 0: the system chooses
    std::size_t max_connection_count = 16'384;       ///< in all; create() lowers it to what the process may have open
    std::size_t max_peer_connection_count = 12'000;  ///< of one peer (peer_key()), so that there is room for others
    /// Bytes that all connections together may have sent without an answer: what incomplete PDUs and calls cost in memory.
    /// Beyond, a connection that sends on is reset, unless it is one of those with less than small_request_size.
    std::size_t max_unanswered_size = std::size_t{64} << 20;
    /// For a connection without an answer. Bytes that make no whole request are no sign of life.
    std::chrono::milliseconds idle_time{30'000};
    /// How long the end of a connection waits for the peer's, so that a reset does not overtake what was sent.
    std::chrono::milliseconds linger_time{1'000};
    std::chrono::milliseconds stop_time{3'000};  ///< in which stop() ends all connections at the latest
};

/// What happened since the start.
struct ServerCounters {
    std::uint64_t accepted = 0;
    std::uint64_t closed = 0;         ///< by either side; accepted - closed are open
    std::uint64_t crowded_out = 0;    ///< closed to keep within the limits or for want of descriptors
    std::uint64_t timed_out = 0;      ///< closed after the idle time
    std::uint64_t received_size = 0;  ///< bytes
    std::uint64_t sent_size = 0;      ///< bytes
};

class ServerLoop;

/// The reference host on sockets: a session::HostConnection for each connection, driven by one thread.
///
/// Answers wait for `settle`: it is called once for all that came together, and only when it has succeeded the answers leave.
/// So what a client was told is kept. It is also called once a second or more often, for what could not be written at once.
/// When it fails the connections are reset, nothing more is sent, and run() gives its error.
///
/// A connection is read only while nothing waits to be sent on it; it costs 1 KiB besides what the session keeps of incomplete
/// PDUs and calls (rpc_server.h), which max_unanswered_size bounds for all. With too many connections, or no descriptor left, the one that was answered the longest ago gives way.
///
///     auto server = HostServer::create({.listen = {endpoint}}, host, plan, settle);
///     announce((*server)->endpoints());
///     auto end = (*server)->run();   // until stop() or a signal
class HostServer {
public:
    using Settle = std::function<std::expected<void, std::string>()>;

    /// Listens; who connects from now on waits for run(). `host` and `plan` outlive the server. The error is one line for
    /// people, which names the address: a port in use, no permission, an address of another machine.
    static std::expected<std::unique_ptr<HostServer>, std::string> create(ServerSettings settings,
                                                                          session::KmsHost& host,
                                                                          session::FaultPlan& plan, Settle settle);
    ~HostServer();

    /// Where it listens, with the ports that the system chose.
    const std::vector<Endpoint>& endpoints() const;
    const ServerSettings& settings() const;
    const ServerCounters& counters() const;

    /// Registers services in DNS while it runs, from run() on. After each call of `on_published` follows settle. Call it before
    /// run().
    void publish(PublishSettings settings, OnPublished on_published);

    /// SIGINT and SIGTERM call stop() from now on; a second one ends all connections at once. Call it before run().
    void stop_on_signals();

    /// Serves until stop(). The error is settle's.
    std::expected<void, std::string> run();

    /// Accepts nobody new, answers what has arrived (also of those whom the kernel has accepted), closes each connection in
    /// order, and lets run() return: within stop_time. From any thread; not from a signal handler.
    void stop();

private:
    explicit HostServer(std::unique_ptr<ServerLoop> loop);

    std::unique_ptr<ServerLoop> loop_;  // all of it: Asio's headers stay out of this one
};

}  // namespace diag::net
