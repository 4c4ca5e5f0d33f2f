#include "bench/frame.h"

#include <bit>
#include <cstring>

namespace diag::bench {
namespace {

constexpr std::uint8_t protocol_tcp = 6;
constexpr std::uint8_t protocol_udp = 17;

/// Sum of big-endian 16-bit words (RFC 1071), four at a time: the order of bytes is put right at the end, 2.(B).
/// Our own and not libdiag's, so that the captures test its checksums too.
std::uint64_t word_sum(Bytes bytes) {
    std::uint64_t sum = 0;
    std::size_t at = 0;
    for (; at + 4 <= bytes.size(); at += 4) {
        std::uint32_t word;
        std::memcpy(&word, bytes.data() + at, 4);
        sum += word;
    }
    std::uint32_t rest = 0;
    if (at < bytes.size()) std::memcpy(&rest, bytes.data() + at, bytes.size() - at);
    return sum + rest;
}

std::uint16_t folded(std::uint64_t sum) {
    while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
    const auto value = static_cast<std::uint16_t>(~sum);
    return std::endian::native == std::endian::little ? std::byteswap(value) : value;
}

std::uint64_t native_word(std::uint32_t big_endian_value) {
    const auto value = static_cast<std::uint16_t>(big_endian_value);
    return std::endian::native == std::endian::little ? std::byteswap(value) : value;
}

}  // namespace

void FrameBuilder::put_u16(std::uint32_t value) {
    put_u8(static_cast<std::uint8_t>(value >> 8));
    put_u8(static_cast<std::uint8_t>(value));
}

void FrameBuilder::put_u32(std::uint32_t value) {
    put_u16(value >> 16);
    put_u16(value);
}

/// A locally administered address that shows whose it is.
void FrameBuilder::put_mac(const IpAddress& owner) {
    put_u16(0x0200);
    put(owner.bytes().last(4));
}

/// Starts the frame: Ethernet and IP header, with the IPv4 header's checksum.
void FrameBuilder::put_ip(const IpAddress& from, const IpAddress& to, std::uint8_t protocol, std::size_t payload_size) {
    frame_.clear();
    put_mac(to);
    put_mac(from);
    if (from.family == IpAddress::Family::v6) {
        put_u16(0x86DD);
        put_u32(0x6000'0000);
        put_u16(static_cast<std::uint32_t>(payload_size));
        put_u8(protocol);
        put_u8(64);
        put(from.bytes());
        put(to.bytes());
        return;
    }
    put_u16(0x0800);
    const std::size_t start = frame_.size();
    put_u16(0x4500);
    put_u16(static_cast<std::uint32_t>(20 + payload_size));
    put_u16(identification_++);
    put_u16(0x4000);  // do not fragment
    put_u8(128);
    put_u8(protocol);
    put_u16(0);
    put(from.bytes());
    put(to.bytes());
    const std::uint16_t checksum = folded(word_sum(Bytes{frame_}.subspan(start)));
    frame_[start + 10] = static_cast<std::uint8_t>(checksum >> 8);
    frame_[start + 11] = static_cast<std::uint8_t>(checksum);
}

void FrameBuilder::patch_transport_checksum(const IpAddress& from, const IpAddress& to, std::uint8_t protocol,
                                            std::size_t transport_at, std::size_t checksum_at) {
    const Bytes message = Bytes{frame_}.subspan(transport_at);
    const std::uint64_t pseudo_header = word_sum(from.bytes()) + word_sum(to.bytes()) + native_word(protocol) +
                                        native_word(static_cast<std::uint32_t>(message.size()));
    std::uint16_t checksum = folded(pseudo_header + word_sum(message));
    if (protocol == protocol_udp && checksum == 0) checksum = 0xFFFF;  // 0 would mean "none" (RFC 768)
    frame_[checksum_at] = static_cast<std::uint8_t>(checksum >> 8);
    frame_[checksum_at + 1] = static_cast<std::uint8_t>(checksum);
}

Bytes FrameBuilder::tcp(const TcpSegment& segment) {
    const std::size_t header_size = 20 + segment.options.size();
    put_ip(segment.from.ip, segment.to.ip, protocol_tcp, header_size + segment.payload.size());
    const std::size_t start = frame_.size();
    put_u16(segment.from.port);
    put_u16(segment.to.port);
    put_u32(segment.seq);
    put_u32(segment.ack);
    put_u8(static_cast<std::uint8_t>(header_size / 4 << 4));
    put_u8(segment.flags);
    put_u16(64240);  // window
    put_u32(0);      // checksum, urgent pointer
    put(segment.options);
    put(segment.payload);
    patch_transport_checksum(segment.from.ip, segment.to.ip, protocol_tcp, start, start + 16);
    return frame_;
}

Bytes FrameBuilder::udp(const Endpoint& from, const Endpoint& to, Bytes payload) {
    put_ip(from.ip, to.ip, protocol_udp, 8 + payload.size());
    const std::size_t start = frame_.size();
    put_u16(from.port);
    put_u16(to.port);
    put_u16(static_cast<std::uint32_t>(8 + payload.size()));
    put_u16(0);
    put(payload);
    patch_transport_checksum(from.ip, to.ip, protocol_udp, start, start + 6);
    return frame_;
}

Bytes FrameBuilder::arp(std::uint16_t operation, const IpAddress& sender, const IpAddress& target) {
    constexpr std::uint8_t everybody[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    constexpr std::uint8_t unknown[6] = {};
    frame_.clear();
    if (operation == 1)
        put(everybody);
    else
        put_mac(target);
    put_mac(sender);
    put_u16(0x0806);
    put_u16(1);       // Ethernet
    put_u16(0x0800);  // IPv4
    put_u16(0x0604);  // sizes of their addresses
    put_u16(operation);
    put_mac(sender);
    put(sender.bytes());
    if (operation == 1)
        put(unknown);
    else
        put_mac(target);
    put(target.bytes());
    frame_.resize(60);  // the least that Ethernet carries, without its check sequence
    return frame_;
}

}  // namespace diag::bench
