#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "libdiag/dissect/conversation.h"

namespace diag::dissect {

/// Tells port scans from clients that try to activate, by the doors that one address knocks on without a word: many hosts
/// on the KMS port, or many ports of one host. A client tries the few hosts that DNS names. Memory is bounded: beyond
/// `max_clients` addresses that were never heard of are not watched.
class ScanWatch {
public:
    static constexpr std::size_t max_clients = 4096;
    static constexpr std::size_t scan_threshold = 9;  ///< distinct hosts, or ports, that make a scan

    /// A connection was tried: `host` was sent a SYN on the KMS port.
    void on_attempt(const IpAddress& client, const Endpoint& host);
    /// A connection of this client to any port was refused or stayed empty.
    void on_empty(const IpAddress& client, const Endpoint& host);
    /// The client said something to this host on the KMS port after all.
    void on_payload(const IpAddress& client, const Endpoint& host);

    bool is_scan(const IpAddress& client, const Endpoint& host) const;
    /// Remembers an attempt that was left out because it belongs to a scan.
    void on_left_out(const IpAddress& client, std::uint64_t first_packet);
    /// Scans of which something was left out, by first packet.
    std::vector<PortScan> scans() const;

private:
    struct Client {
        std::vector<IpAddress> hosts;  ///< tried on the KMS port in silence; at most scan_threshold
        std::vector<std::pair<IpAddress, std::vector<std::uint16_t>>> ports;  ///< by host, at most scan_threshold each
        std::uint64_t left_out_count = 0;
        std::uint64_t first_packet = 0;
    };
    Client* client_of(const IpAddress& address);

    std::map<IpAddress, Client> clients_;
};

}  // namespace diag::dissect
