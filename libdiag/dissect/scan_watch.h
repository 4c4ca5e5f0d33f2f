#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "libdiag/dissect/conversation.h"

namespace diag::dissect {

/// Tells port scans from clients that try to activate, by the doors that one address knocks on without a word: many hosts
/// on the KMS port within a minute, or many ports of one host. A client tries the few hosts that DNS names, one after the
/// other, and waits long for each. Memory is bounded: beyond `max_clients` addresses that were never heard of are not
/// watched.
class ScanWatch {
public:
    static constexpr std::size_t max_clients = 4096;
    static constexpr std::size_t scan_threshold = 9;           ///< distinct hosts, or ports, that make a scan
    static constexpr std::int64_t window_ns = 60'000'000'000;  ///< in which so many hosts are tried
    static constexpr std::size_t max_bursts = 16;              ///< of one client; later ones extend the last

    /// A connection was tried: `host` was sent a SYN on the KMS port.
    void on_attempt(const IpAddress& client, const Endpoint& host, Timestamp time);
    /// A connection of this client to any port was refused or stayed empty.
    void on_empty(const IpAddress& client, const Endpoint& host);
    /// The client said something to this host on the KMS port after all.
    void on_payload(const IpAddress& client, const Endpoint& host);

    /// Whether an attempt that began at this time was one of a scan.
    bool is_scan(const IpAddress& client, const Endpoint& host, Timestamp began) const;
    /// Remembers an attempt that was left out because it belongs to a scan.
    void on_left_out(const IpAddress& client, std::uint64_t first_packet);
    /// Scans of which something was left out, by first packet.
    std::vector<PortScan> scans() const;

private:
    struct Client {
        struct Attempt {
            IpAddress host;
            Timestamp time;
        };
        struct Burst {
            Timestamp first, last;
        };
        std::vector<Attempt> attempts;  ///< in silence on the KMS port, the latest of each host; at most scan_threshold
        std::vector<Burst> bursts;      ///< times of scanning
        std::vector<std::pair<IpAddress, std::vector<std::uint16_t>>> ports;  ///< by host, at most scan_threshold each
        std::uint64_t left_out_count = 0;
        std::uint64_t first_packet = 0;
    };
    Client* client_of(const IpAddress& address);

    std::map<IpAddress, Client> clients_;
};

}  // namespace diag::dissect
