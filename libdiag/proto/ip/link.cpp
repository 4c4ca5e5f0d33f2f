#include "libdiag/proto/ip/link.h"

namespace diag::ip::detail {
namespace {

constexpr std::uint16_t arphrd_netlink = 824;  // its protocol field is a netlink family, no EtherType

/// The address families that BSD systems number differently: AF_INET is 2 everywhere, AF_INET6 is 24 (NetBSD, OpenBSD),
/// 28 (FreeBSD), 30 (macOS) or 10 (Linux). Written in the byte order of the capturing machine, which is not ours.
template <class Trace> EtherType pass_loopback(Cursor& c, Trace& trace) {
    if (!c.has(4)) return std::unexpected(NoPacket::truncated);
    std::uint32_t family = c.u32(0);
    if (family > 0xffff) family = std::byteswap(family);
    pass(c, 4, Layer::Kind::loopback, trace);
    switch (family) {
        case 2: return ether_type::ipv4;
        case 10:
        case 24:
        case 28:
        case 30: return ether_type::ipv6;
        default: return std::unexpected(NoPacket::not_ip);
    }
}

/// Linux "cooked" captures: version 1 ends with the protocol, version 2 starts with it (pcap LINKTYPE_LINUX_SLL, _SLL2).
template <class Trace> EtherType pass_cooked(Cursor& c, bool is_v2, Trace& trace) {
    const std::size_t size = is_v2 ? 20 : 16;
    if (!c.has(size)) return std::unexpected(NoPacket::truncated);
    const std::uint16_t hardware = c.u16(is_v2 ? 8 : 2);
    const std::uint16_t type = c.u16(is_v2 ? 0 : 14);
    pass(c, size, is_v2 ? Layer::Kind::linux_sll2 : Layer::Kind::linux_sll, trace);
    // Below the smallest EtherType stand Linux's own numbers for frames without one (802.3, 802.2 LLC, CAN, ...).
    if (hardware == arphrd_netlink || type < ether_type::smallest) return std::unexpected(NoPacket::not_ip);
    return follow_ether_type(c, type, trace);
}

}  // namespace

template <class Trace> EtherType pass_other_link(LinkType link_type, Cursor& c, Trace& trace) {
    switch (link_type) {
        case LinkType::ethernet: return pass_ethernet(c, trace);
        case LinkType::linux_sll: return pass_cooked(c, false, trace);
        case LinkType::linux_sll2: return pass_cooked(c, true, trace);
        case LinkType::null_loopback:
        case LinkType::openbsd_loopback: return pass_loopback(c, trace);
        case LinkType::raw_ip:
        case LinkType::raw_ip_bsd:
        case LinkType::raw_ip_openbsd: return version_as_ether_type(c);
        case LinkType::raw_ipv4: return ether_type::ipv4;
        case LinkType::raw_ipv6: return ether_type::ipv6;
    }
    return std::unexpected(NoPacket::unsupported_link);
}

template EtherType pass_other_link(LinkType, Cursor&, NoTrace&);
template EtherType pass_other_link(LinkType, Cursor&, LayerTrace&);

}  // namespace diag::ip::detail
