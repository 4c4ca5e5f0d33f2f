#pragma once

#include <algorithm>

#include "libdiag/proto/ip/link.h"

/// IPv4 and IPv6 headers on the way through a frame; shared by ip.cpp and tunnel.h.
namespace diag::ip::detail {

/// A bound for what follows the header: `size` bytes on the wire, of which perhaps fewer were captured.
inline void limit(Cursor& c, std::size_t size) {
    c.wire_end = c.at + size;
    c.end = std::min(c.end, c.wire_end);
}

/// Segmentation offload leaves the length field 0: then the packet ends where the frame ended on the wire.
inline std::size_t offloaded_size(const Cursor& c) {
    const std::size_t size = c.wire_end > c.at ? c.wire_end - c.at : 0;
    return size < c.remaining() || size > max_offload_size ? c.remaining() : size;
}

inline void take_payload(const Cursor& c, IpPacket& packet) {
    packet.payload = c.frame.subspan(c.at, c.remaining());
    packet.payload_offset = static_cast<std::uint32_t>(c.at);
    packet.payload_size = static_cast<std::uint32_t>(c.wire_end - c.at);
}

constexpr bool is_extension(IpAddress::Family family, std::uint8_t header) {
    if (header == protocol::ah) return true;
    if (family == IpAddress::Family::v4) return false;
    return header == protocol::hop_by_hop || header == protocol::routing || header == protocol::fragment ||
           header == protocol::destination_options || header == protocol::mobility;
}

/// Steps over extension headers (RFC 8200 4, RFC 4302), up to the first that is none or to the data of a fragment.
template <class Trace> Failure pass_extensions(Cursor& c, IpPacket& packet, Trace& trace) {
    for (unsigned count = 0; is_extension(packet.source.family, packet.protocol); ++count) {
        if (count == max_extension_headers) return NoPacket::malformed;
        const std::size_t wire_remaining = c.wire_end - c.at;
        if (wire_remaining < 8) return NoPacket::malformed;
        if (!c.has(8)) return NoPacket::truncated;
        const std::uint8_t next_header = c.u8(0);
        if (packet.protocol == protocol::fragment) {
            const std::uint16_t field = c.u16(2);
            const bool is_fragment = (field & 0xfff9U) != 0;  // two reserved bits between offset and "more"
            if (is_fragment) {
                packet.fragment = {
                    .id = c.u32(4), .offset = field & 0xfff8U, .more = (field & 1U) != 0, .is_fragment = true};
            }
            packet.protocol = next_header;
            pass(c, 8, Layer::Kind::fragment_header, trace);
            if (is_fragment) return {};
            continue;
        }
        // AH counts 4-byte units from its third on, the others 8-byte units behind the first.
        const bool is_ah = packet.protocol == protocol::ah;
        const std::size_t size = is_ah ? (c.u8(1) + 2U) * 4U : (c.u8(1) + 1U) * 8U;
        if (size < 8 || size > wire_remaining) return NoPacket::malformed;
        if (!c.has(size)) return NoPacket::truncated;
        packet.protocol = next_header;
        pass(c, size, is_ah ? Layer::Kind::authentication : Layer::Kind::extension, trace);
    }
    return {};
}

/// RFC 791 3.1.
template <class Trace> Failure pass_ipv4(Cursor& c, IpPacket& packet, Trace& trace) {
    if (!c.has(20)) return NoPacket::truncated;
    const std::uint8_t version_ihl = c.u8(0);
    const std::size_t header_size = (version_ihl & 0x0fU) * 4U;
    if (version_ihl >> 4U != 4 || header_size < 20) return NoPacket::malformed;
    if (!c.has(header_size)) return NoPacket::truncated;
    const std::uint16_t total_length = c.u16(2);
    const std::size_t size = total_length != 0 ? total_length : offloaded_size(c);
    if (size < header_size) return NoPacket::malformed;

    const std::uint16_t flags_and_offset = c.u16(6);
    packet.protocol = c.u8(9);
    packet.hop_limit = c.u8(8);
    std::memcpy(packet.source.octets.data(), c.frame.data() + c.at + 12, 4);
    std::memcpy(packet.destination.octets.data(), c.frame.data() + c.at + 16, 4);
    if ((flags_and_offset & 0x3fffU) != 0) [[unlikely]] {
        packet.fragment = {.id = c.u16(4),
                           .offset = (flags_and_offset & 0x1fffU) * 8U,
                           .more = (flags_and_offset & 0x2000U) != 0,
                           .is_fragment = true};
    }
    limit(c, size);
    pass(c, header_size, Layer::Kind::ipv4, trace);
    if (packet.protocol == protocol::ah && !packet.fragment.is_fragment) return pass_extensions(c, packet, trace);
    return {};
}

/// RFC 8200 3.
template <class Trace> Failure pass_ipv6(Cursor& c, IpPacket& packet, Trace& trace) {
    if (!c.has(40)) return NoPacket::truncated;
    if (c.u8(0) >> 4U != 6) return NoPacket::malformed;
    const std::uint16_t payload_length = c.u16(4);
    packet.protocol = c.u8(6);
    packet.hop_limit = c.u8(7);
    packet.source.family = packet.destination.family = IpAddress::Family::v6;
    std::memcpy(packet.source.octets.data(), c.frame.data() + c.at + 8, 16);
    std::memcpy(packet.destination.octets.data(), c.frame.data() + c.at + 24, 16);
    pass(c, 40, Layer::Kind::ipv6, trace);
    // 0 is a packet without payload, a jumbogram (RFC 2675) or one that offloading will cut.
    const bool has_no_length = payload_length == 0 && packet.protocol != protocol::none;
    limit(c, has_no_length ? offloaded_size(c) : payload_length);
    if (packet.protocol == protocol::tcp) return {};
    return pass_extensions(c, packet, trace);
}

/// The IP header that an EtherType announces. On success the cursor stands at the payload.
template <class Trace> Failure pass_network(Cursor& c, std::uint16_t type, IpPacket& packet, Trace& trace) {
    if (type == ether_type::ipv4) [[likely]]
        return pass_ipv4(c, packet, trace);
    if (type == ether_type::ipv6) return pass_ipv6(c, packet, trace);
    return NoPacket::not_ip;
}

}  // namespace diag::ip::detail
