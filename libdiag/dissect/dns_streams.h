#pragma once

#include <array>
#include <functional>
#include <list>
#include <map>

#include "libdiag/dissect/dns_watch.h"
#include "libdiag/dissect/flow.h"

namespace diag::dissect {

/// A message that may be part of a search, as it lies in its connection.
struct DnsFrame {
    std::uint64_t connection = 0;  ///< its first packet
    Endpoint client;
    Side from = Side::client;
    std::uint32_t sequence = 0;  ///< TCP's number of the first byte
    Bytes bytes;                 ///< with the length in front
};

/// DNS over TCP (RFC 1035 4.2.2, RFC 7766): puts the bytes of connections to port 53 in order and hands the messages on. Only
/// connections whose beginning was seen: without it nobody knows where a message starts. Bounded: a connection whose bytes stay
/// without use is given up, and so are those that were silent the longest.
class DnsStreams {
public:
    static constexpr std::size_t max_connections = 256;
    static constexpr std::size_t max_connection_memory = std::size_t{160} << 10;  ///< two messages of the largest size
    static constexpr std::size_t max_memory = std::size_t{4} << 20;

    using OnFrame = std::function<void(const DnsFrame&)>;

    DnsStreams(DnsWatch& watch, OnFrame on_frame) : watch_{watch}, on_frame_{std::move(on_frame)} {}

    /// `event` of the connection of this client with this server. The number of its first packet; 0 where that was not seen.
    std::uint64_t on_segment(const Endpoint& client, const Endpoint& server, const TcpEvent& event,
                             std::uint8_t fraction_digits);

private:
    using Key = std::pair<Endpoint, Endpoint>;  // client, server
    struct Connection {
        Key key;
        std::array<stream::Assembler, 2> directions;
        std::array<std::int64_t, 2> consumed{};
        std::array<bool, 2> started{};
        std::uint64_t first_packet = 0;
        std::uint32_t isn = 0;
        std::size_t memory_size = 0;
    };
    using Ref = std::list<Connection>::iterator;

    Ref open(const Key& key, const TcpEvent& event);
    void take_messages(Connection& connection, std::size_t side, std::uint8_t fraction_digits);
    void close(Ref connection);

    DnsWatch& watch_;
    OnFrame on_frame_;
    std::list<Connection> connections_;  ///< by last activity
    std::map<Key, Ref> by_key_;
    std::size_t memory_size_ = 0;
};

}  // namespace diag::dissect
