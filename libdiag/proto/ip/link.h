#pragma once

#include "libdiag/proto/ip/walk.h"

namespace diag::ip {

/// IEEE 802 EtherType values that lead to IP.
namespace ether_type {
inline constexpr std::uint16_t ipv4 = 0x0800, transparent_bridging = 0x6558, vlan = 0x8100, ipv6 = 0x86dd,
                               pppoe_session = 0x8864, mpls = 0x8847, mpls_upstream = 0x8848, erspan_2 = 0x88be,
                               erspan_3 = 0x22eb, provider_bridging = 0x88a8, old_qinq = 0x9100;
inline constexpr std::uint16_t smallest = 0x0600;  ///< below: the length of an 802.3 frame
}  // namespace ether_type

namespace detail {

constexpr bool is_vlan_tag(std::uint16_t type) {
    return type == ether_type::vlan || type == ether_type::provider_bridging || type == ether_type::old_qinq;
}

using EtherType = std::expected<std::uint16_t, NoPacket>;

/// Bare IP: the version says which.
inline EtherType version_as_ether_type(const Cursor& c) {
    if (!c.has(1)) return std::unexpected(NoPacket::truncated);
    const unsigned version = c.u8(0) >> 4U;
    if (version == 4) return ether_type::ipv4;
    if (version == 6) return ether_type::ipv6;
    return std::unexpected(NoPacket::not_ip);
}

/// LLC with SNAP and the null organisation (RFC 1042 framing); other 802.3 frames carry no IP.
template <class Trace> EtherType pass_snap(Cursor& c, Trace& trace) {
    if (!c.has(8)) return std::unexpected(NoPacket::not_ip);
    if (c.u32(0) != 0xaaaa0300 || c.u16(4) != 0) return std::unexpected(NoPacket::not_ip);
    const std::uint16_t type = c.u16(6);
    pass(c, 8, Layer::Kind::snap, trace);
    return type;
}

/// RFC 2516 5: version and type 1, code 0 (session), then a PPP protocol number (RFC 1661).
template <class Trace> EtherType pass_pppoe(Cursor& c, Trace& trace) {
    if (!c.has(8)) return std::unexpected(NoPacket::truncated);
    if (c.u16(0) != 0x1100) return std::unexpected(NoPacket::not_ip);
    const std::uint16_t ppp_protocol = c.u16(6);
    pass(c, 8, Layer::Kind::pppoe, trace);
    if (ppp_protocol == 0x0021) return ether_type::ipv4;
    if (ppp_protocol == 0x0057) return ether_type::ipv6;
    return std::unexpected(NoPacket::not_ip);
}

/// RFC 3032 2.1: labels of 4 bytes up to the one with the bottom-of-stack bit. Nothing says what follows but its first
/// four bits; Ethernet pseudowires (RFC 4448) are not entered.
template <class Trace> EtherType pass_mpls(Cursor& c, Trace& trace) {
    for (unsigned label_count = 0; label_count < max_mpls_labels; ++label_count) {
        if (!c.has(4)) return std::unexpected(NoPacket::truncated);
        const bool is_bottom = (c.u8(2) & 1U) != 0;
        pass(c, 4, Layer::Kind::mpls, trace);
        if (is_bottom) return version_as_ether_type(c);
    }
    return std::unexpected(NoPacket::malformed);
}

/// Follows tags and session headers behind an EtherType field that was just passed.
template <class Trace> EtherType follow_ether_type(Cursor& c, std::uint16_t type, Trace& trace) {
    if (type == ether_type::ipv4 || type == ether_type::ipv6) return type;
    for (unsigned tag_count = 0; is_vlan_tag(type); ++tag_count) {
        if (tag_count == max_vlan_tags) return std::unexpected(NoPacket::malformed);
        if (!c.has(4)) return std::unexpected(NoPacket::truncated);
        type = c.u16(2);
        pass(c, 4, Layer::Kind::vlan, trace);
    }
    if (type < ether_type::smallest) return pass_snap(c, trace);
    if (type == ether_type::pppoe_session) return pass_pppoe(c, trace);
    if (type == ether_type::mpls || type == ether_type::mpls_upstream) return pass_mpls(c, trace);
    return type;
}

template <class Trace> EtherType pass_ethernet(Cursor& c, Trace& trace) {
    if (!c.has(14)) return std::unexpected(NoPacket::truncated);
    const std::uint16_t type = c.u16(12);
    pass(c, 14, Layer::Kind::ethernet, trace);
    return follow_ether_type(c, type, trace);
}

/// Link headers other than Ethernet; in a function of its own to keep the common path short.
template <class Trace> EtherType pass_other_link(LinkType link_type, Cursor& c, Trace& trace);

template <class Trace> EtherType pass_link(LinkType link_type, Cursor& c, Trace& trace) {
    if (link_type == LinkType::ethernet) [[likely]]
        return pass_ethernet(c, trace);
    return pass_other_link(link_type, c, trace);
}

}  // namespace detail
}  // namespace diag::ip
