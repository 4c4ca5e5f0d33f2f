#pragma once

#include <optional>
#include <vector>

#include "libdiag/base/ip_address.h"
#include "libdiag/base/packet_view.h"

/// Packets for tests, with correct lengths and checksums. Written without libdiag/proto on purpose: an encoder and a
/// decoder that share a mistake agree with each other.
namespace diag::test {

struct TestPacket {
    Timestamp time;
    ByteVector frame;
};

IpAddress ip(std::string_view text);  ///< aborts the test program when it is no address
Endpoint endpoint(std::string_view ip, std::uint16_t port);
ByteVector bytes(std::initializer_list<unsigned> values);  ///< each below 256
ByteVector join(std::initializer_list<Bytes> parts);

// ---- layers, each around its payload ----

/// `vlan_ids`: one 802.1Q tag each, the first outermost.
ByteVector ethernet(std::uint16_t ether_type, Bytes payload, std::vector<std::uint16_t> vlan_ids = {});
/// An Ethernet frame around an IPv4 or IPv6 packet, padded with 0xee to the smallest frame of 60 bytes.
ByteVector ethernet_ip(Bytes ip_packet, std::vector<std::uint16_t> vlan_ids = {});

struct IpFields {
    std::uint32_t id = 0;
    std::uint16_t fragment_offset = 0;  ///< bytes, a multiple of 8
    bool more_fragments = false;
    std::uint8_t hop_limit = 64;
    ByteVector options = {};  ///< IPv4 only; a multiple of 4 bytes
};
/// An IPv4 or IPv6 packet by the family of `source`. In IPv6 a fragment gets its fragment header.
ByteVector ip_packet(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, Bytes payload,
                     const IpFields& fields = {});
/// The packet as fragments of at most `size` payload bytes (rounded down to a multiple of 8, at least 8), in order.
std::vector<ByteVector> ip_fragments(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                                     Bytes payload, std::uint32_t id, std::size_t size);

struct TcpFields {
    std::uint32_t sequence = 0, acknowledgment = 0;
    std::uint8_t flags = 0x10;
    std::uint16_t window = 64240;
    ByteVector options = {};  ///< a multiple of 4 bytes
};
ByteVector tcp_segment(const Endpoint& from, const Endpoint& to, const TcpFields& fields, Bytes payload);
ByteVector udp_datagram(const Endpoint& from, const Endpoint& to, Bytes payload);
/// An ICMP (ICMPv6) error with `rest` in the second word and as much of `quoted` as `quoted_size` says.
ByteVector icmp_error(const IpAddress& from, const IpAddress& to, std::uint8_t type, std::uint8_t code,
                      std::uint32_t rest, Bytes quoted, std::size_t quoted_size = 1232);

std::uint16_t internet_checksum(Bytes bytes);  ///< RFC 1071

/// The frame as a capture reader would hand it over: a view of it. Name the frame where the result outlives the line.
PacketView view_of(Bytes frame, LinkType link_type = LinkType::ethernet, std::uint64_t number = 1, Timestamp time = {});

/// The packets of a capture that goes on for this long behind them: one unrelated packet at its end.
std::vector<TestPacket> with_silence(std::vector<TestPacket> packets, std::int64_t ns = 60'000'000'000);

// ---- a TCP conversation ----

enum class Side : std::uint8_t { client, host };

/// Writes a TCP conversation packet by packet: Ethernet, both address families, sequence and acknowledgment numbers and
/// times as a real one has them. Take `packets` and cut, shuffle or repeat them.
///
///     TcpScript script{{.client = endpoint("192.0.2.77", 40000), .host = endpoint("192.0.2.10", 1688)}};
///     script.handshake().send(Side::client, bind, 200).ack(Side::host).send(Side::host, bind_ack).fin(Side::client);
class TcpScript {
public:
    struct Options {
        Endpoint client, host;
        std::uint32_t client_isn = 1000, host_isn = 500'000;
        Timestamp start{1'764'000'000'000'000'000};
        std::int64_t step_ns = 1'000'000;  ///< from each packet to the next
        std::vector<std::uint16_t> vlan_ids = {};
    };
    explicit TcpScript(Options options);

    TcpScript& syn();  ///< again and again for retries
    TcpScript& syn_ack();
    TcpScript& ack(Side from);
    TcpScript& handshake();  ///< syn, syn_ack, ack
    /// Sends bytes in segments of at most `segment_size` bytes; PSH on the last.
    TcpScript& send(Side from, Bytes bytes, std::size_t segment_size = 1460);
    TcpScript& fin(Side from);  ///< FIN and ACK
    TcpScript& rst(Side from);  ///< RST and ACK
    /// `router` rejects the packet that was sent last: ICMP type 3, ICMPv6 type 1.
    TcpScript& unreachable(const IpAddress& router, std::uint8_t code);
    TcpScript& wait(std::int64_t ns);  ///< before the next packet

    std::uint32_t next_sequence(Side of) const { return next_[static_cast<std::size_t>(of)]; }
    /// Sends a segment made by hand, without a change to the script's own numbers.
    TcpScript& segment(Side from, const TcpFields& fields, Bytes payload);

    std::vector<TestPacket> packets;

private:
    TcpScript& step(Side from, std::uint8_t flags, Bytes payload, ByteVector tcp_options = {});
    void add(Bytes ip_packet);
    const Endpoint& end(Side side) const { return side == Side::client ? options_.client : options_.host; }

    Options options_;
    Timestamp now_;
    std::uint32_t next_[2];  ///< sequence number of the next byte, by Side
};

}  // namespace diag::test
