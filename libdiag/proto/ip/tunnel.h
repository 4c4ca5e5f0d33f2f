#pragma once

#include "libdiag/proto/ip/network.h"

/// One packet inside another; shared by the functions of ip.cpp.
namespace diag::ip::detail {

inline constexpr std::uint16_t vxlan_port = 4789;   // RFC 7348 5
inline constexpr std::uint16_t geneve_port = 6081;  // RFC 8926 3.3

/// What a mirror port sends to a collector (draft-foschiano-erspan-03 4): a header of 8 bytes in version 2, of 12 and
/// perhaps 8 more in version 3, then an Ethernet frame. Version 1 has no header and no GRE sequence number.
template <class Trace> EtherType pass_erspan(Cursor& c, std::uint16_t type, bool has_sequence, Trace& trace) {
    std::size_t size = type == ether_type::erspan_3 ? 12 : has_sequence ? 8 : 0;
    if (!c.has(size)) return std::unexpected(NoPacket::truncated);
    const bool has_subheader = type == ether_type::erspan_3 && (c.u8(11) & 1U) != 0;
    if (has_subheader) size += 8;
    if (!c.has(size)) return std::unexpected(NoPacket::truncated);
    if (size > 0) pass(c, size, Layer::Kind::erspan, trace);
    return pass_ethernet(c, trace);
}

/// RFC 2784, with key and sequence number of RFC 2890.
template <class Trace> EtherType pass_gre(Cursor& c, Trace& trace) {
    if (!c.has(4)) return std::unexpected(NoPacket::truncated);
    const std::uint16_t flags = c.u16(0);
    // The routing bit of RFC 1701 and versions other than 0 (PPTP is 1) have other layouts.
    if ((flags & 0x4007U) != 0) return std::unexpected(NoPacket::not_ip);
    const std::uint16_t type = c.u16(2);
    const std::size_t size = 4U + ((flags & 0x8000U) != 0 ? 4U : 0U) + ((flags & 0x2000U) != 0 ? 4U : 0U) +
                             ((flags & 0x1000U) != 0 ? 4U : 0U);
    if (!c.has(size)) return std::unexpected(NoPacket::truncated);
    pass(c, size, Layer::Kind::gre, trace);
    if (type == ether_type::erspan_2 || type == ether_type::erspan_3)
        return pass_erspan(c, type, (flags & 0x1000U) != 0, trace);
    if (type == ether_type::mpls) return pass_mpls(c, trace);
    return type == ether_type::transparent_bridging ? pass_ethernet(c, trace) : type;
}

/// RFC 7348 5: the I flag alone, a network identifier, then an Ethernet frame.
template <class Trace> EtherType pass_vxlan(Cursor& c, Trace& trace) {
    if (!c.has(8)) return std::unexpected(NoPacket::truncated);
    if ((c.u8(0) & 0x08U) == 0) return std::unexpected(NoPacket::not_ip);
    pass(c, 8, Layer::Kind::vxlan, trace);
    return pass_ethernet(c, trace);
}

/// RFC 8926 3.4.
template <class Trace> EtherType pass_geneve(Cursor& c, Trace& trace) {
    if (!c.has(8)) return std::unexpected(NoPacket::truncated);
    const unsigned version = c.u8(0) >> 6U;
    const std::size_t size = 8U + (c.u8(0) & 0x3fU) * 4U;
    if (version != 0) return std::unexpected(NoPacket::not_ip);
    if (!c.has(size)) return std::unexpected(NoPacket::truncated);
    const std::uint16_t type = c.u16(2);
    pass(c, size, Layer::Kind::geneve, trace);
    return type == ether_type::transparent_bridging ? pass_ethernet(c, trace) : type;
}

template <class Trace> EtherType pass_udp_tunnel(Cursor& c, Trace& trace) {
    if (!c.has(8)) return std::unexpected(NoPacket::truncated);
    const std::uint16_t destination_port = c.u16(2);
    if (destination_port != vxlan_port && destination_port != geneve_port) return std::unexpected(NoPacket::not_ip);
    pass(c, 8, Layer::Kind::udp, trace);
    return destination_port == vxlan_port ? pass_vxlan(c, trace) : pass_geneve(c, trace);
}

constexpr bool may_be_tunnel(const IpPacket& packet) {
    if (packet.protocol == protocol::tcp || packet.fragment.is_fragment) return false;
    return packet.protocol == protocol::udp || packet.protocol == protocol::gre || packet.protocol == protocol::ipv4 ||
           packet.protocol == protocol::ipv6;
}

/// The inner packet when the payload at `c` is a tunnel and holds one; otherwise the trace is as it was.
template <class Trace> bool pass_tunnel(Cursor& c, const IpPacket& outer, IpPacket& inner, Trace& trace) {
    const std::size_t mark = trace.mark();
    EtherType type = std::unexpected(NoPacket::not_ip);
    switch (outer.protocol) {
        case protocol::ipv4: type = ether_type::ipv4; break;
        case protocol::ipv6: type = ether_type::ipv6; break;
        case protocol::gre: type = pass_gre(c, trace); break;
        case protocol::udp: type = pass_udp_tunnel(c, trace); break;
        default: break;
    }
    if (type && !pass_network(c, *type, inner, trace)) {
        inner.tunnel_depth = 1;
        take_payload(c, inner);
        return true;
    }
    trace.rewind(mark);
    return false;
}

}  // namespace diag::ip::detail
