#pragma once

#include "libdiag/base/bytes.h"
#include "libdiag/base/ip_address.h"

namespace diag::bench {

namespace tcp_flag {
inline constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10;
}  // namespace tcp_flag

struct TcpSegment {
    Endpoint from, to;
    std::uint32_t seq = 0, ack = 0;
    std::uint8_t flags = 0;
    Bytes options = {};  ///< a multiple of 4 bytes
    Bytes payload = {};
};

/// Builds Ethernet frames with correct lengths and checksums, IPv4 or IPv6 as the addresses say. A returned view is
/// valid until the next call.
class FrameBuilder {
public:
    Bytes tcp(const TcpSegment& segment);
    Bytes udp(const Endpoint& from, const Endpoint& to, Bytes payload);

    /// IPv4 over Ethernet (RFC 826); a request (operation 1) goes to everybody.
    Bytes arp(std::uint16_t operation, const IpAddress& sender, const IpAddress& target);

private:
    void put_u8(std::uint8_t value) { frame_.push_back(value); }
    void put_u16(std::uint32_t value);
    void put_u32(std::uint32_t value);
    void put(Bytes bytes) { frame_.insert(frame_.end(), bytes.begin(), bytes.end()); }
    void put_mac(const IpAddress& owner);
    void put_ip(const IpAddress& from, const IpAddress& to, std::uint8_t protocol, std::size_t payload_size);
    void patch_transport_checksum(const IpAddress& from, const IpAddress& to, std::uint8_t protocol,
                                  std::size_t transport_at, std::size_t checksum_at);

    ByteVector frame_;
    std::uint16_t identification_ = 0;
};

}  // namespace diag::bench
