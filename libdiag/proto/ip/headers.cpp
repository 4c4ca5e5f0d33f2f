#include "libdiag/proto/ip/headers.h"

namespace diag::ip {
namespace {

constexpr Name ether_types[] = {
    {0x0800, "IPv4"},
    {0x0806, "ARP"},
    {0x6558, "Transparent Ethernet bridging"},
    {0x8100, "802.1Q"},
    {0x86dd, "IPv6"},
    {0x8847, "MPLS"},
    {0x8863, "PPPoE discovery"},
    {0x8864, "PPPoE session"},
    {0x8847, "MPLS"},
    {0x8848, "MPLS, upstream label"},
    {0x88be, "ERSPAN"},
    {0x22eb, "ERSPAN version 3"},
    {0x88a8, "802.1ad"},
    {0x88cc, "LLDP"},
    {0x88e5, "MACsec"},
    {0x9100, "QinQ"},
};

constexpr Name protocols[] = {
    {0, "Hop-by-hop options"},
    {1, "ICMP"},
    {2, "IGMP"},
    {4, "IPv4"},
    {6, "TCP"},
    {17, "UDP"},
    {41, "IPv6"},
    {43, "Routing"},
    {44, "Fragment"},
    {47, "GRE"},
    {50, "ESP"},
    {51, "AH"},
    {58, "ICMPv6"},
    {59, "None"},
    {60, "Destination options"},
    {89, "OSPF"},
    {112, "VRRP"},
    {132, "SCTP"},
    {135, "Mobility"},
};

constexpr Name cooked_packet_types[] = {
    {0, "to us"}, {1, "broadcast"}, {2, "multicast"}, {3, "to another host"}, {4, "from us"},
};

constexpr Name arphrd_types[] = {
    {1, "Ethernet"},     {512, "PPP"},        {768, "IPIP tunnel"}, {772, "loopback"},
    {776, "SIT tunnel"}, {778, "GRE tunnel"}, {0xfffe, "none"},
};

constexpr Name ppp_protocols[] = {
    {0x0021, "IPv4"}, {0x0057, "IPv6"}, {0x8021, "IPCP"}, {0x8057, "IPV6CP"}, {0xc021, "LCP"},
};

constexpr Name ipv4_flags[] = {{0x4000, "don't fragment"}, {0x2000, "more fragments"}};

constexpr Name gre_flags[] = {{0x8000, "checksum"}, {0x2000, "key"}, {0x1000, "sequence number"}};

constexpr Field<EthernetHeader> ethernet[] = {
    {"destination", "Destination", &EthernetHeader::destination, Show::address},
    {"source", "Source", &EthernetHeader::source, Show::address},
    {"type", "Type", &EthernetHeader::type, Show::hex, ether_types},
};

constexpr Field<VlanTag> vlan[] = {
    {"tci", "Tag control information", &VlanTag::tci, Show::hex},
    {"type", "Type", &VlanTag::type, Show::hex, ether_types},
};

constexpr Field<SnapHeader> snap[] = {
    {"llc", "LLC", &SnapHeader::llc, Show::bytes},
    {"oui", "Organisation code", &SnapHeader::oui, Show::bytes},
    {"type", "Type", &SnapHeader::type, Show::hex, ether_types},
};

constexpr Field<PppoeHeader> pppoe[] = {
    {"ver_type", "Version and type", &PppoeHeader::ver_type, Show::hex},
    {"code", "Code", &PppoeHeader::code, Show::hex},
    {"session_id", "Session id", &PppoeHeader::session_id, Show::hex},
    {"length", "Payload length", &PppoeHeader::length},
    {"ppp_protocol", "PPP protocol", &PppoeHeader::ppp_protocol, Show::hex, ppp_protocols},
};

constexpr Field<MplsLabel> mpls[] = {
    {"label_class_bottom_ttl", "Label, class, bottom of stack, TTL", &MplsLabel::label_class_bottom_ttl, Show::hex},
};

constexpr Field<ErspanHeader> erspan[] = {
    {"version_vlan", "Version and VLAN", &ErspanHeader::version_vlan, Show::hex},
    {"class_session", "Class and session id", &ErspanHeader::class_session, Show::hex},
    {"rest", "Port index or time stamp", &ErspanHeader::rest, Show::hex},
};

constexpr Field<SllHeader> sll[] = {
    {"packet_type", "Packet type", &SllHeader::packet_type, Show::decimal, cooked_packet_types},
    {"arphrd_type", "Hardware type", &SllHeader::arphrd_type, Show::decimal, arphrd_types},
    {"address_length", "Address length", &SllHeader::address_length},
    {"address", "Address", &SllHeader::address, Show::address},
    {"protocol_type", "Protocol", &SllHeader::protocol_type, Show::hex, ether_types},
};

constexpr Field<Sll2Header> sll2[] = {
    {"protocol_type", "Protocol", &Sll2Header::protocol_type, Show::hex, ether_types},
    {"reserved", "Reserved", &Sll2Header::reserved, Show::hex},
    {"interface_index", "Interface index", &Sll2Header::interface_index},
    {"arphrd_type", "Hardware type", &Sll2Header::arphrd_type, Show::decimal, arphrd_types},
    {"packet_type", "Packet type", &Sll2Header::packet_type, Show::decimal, cooked_packet_types},
    {"address_length", "Address length", &Sll2Header::address_length},
    {"address", "Address", &Sll2Header::address, Show::address},
};

constexpr Field<LoopbackHeader> loopback[] = {
    {"family", "Address family", &LoopbackHeader::family, Show::hex},
};

constexpr Field<Ipv4Header> ipv4[] = {
    {"version_ihl", "Version and header length", &Ipv4Header::version_ihl, Show::hex},
    {"type_of_service", "Type of service", &Ipv4Header::type_of_service, Show::hex},
    {"total_length", "Total length", &Ipv4Header::total_length},
    {"identification", "Identification", &Ipv4Header::identification, Show::hex},
    {"flags_fragment_offset", "Flags, fragment offset", &Ipv4Header::flags_fragment_offset, Show::flags, ipv4_flags},
    {"time_to_live", "Time to live", &Ipv4Header::time_to_live},
    {"protocol", "Protocol", &Ipv4Header::protocol, Show::decimal, protocols},
    {"header_checksum", "Header checksum", &Ipv4Header::header_checksum, Show::hex},
    {"source", "Source", &Ipv4Header::source, Show::address},
    {"destination", "Destination", &Ipv4Header::destination, Show::address},
};

constexpr Field<Ipv6Header> ipv6[] = {
    {"version_class_flow", "Version, traffic class, flow label", &Ipv6Header::version_class_flow, Show::hex},
    {"payload_length", "Payload length", &Ipv6Header::payload_length},
    {"next_header", "Next header", &Ipv6Header::next_header, Show::decimal, protocols},
    {"hop_limit", "Hop limit", &Ipv6Header::hop_limit},
    {"source", "Source", &Ipv6Header::source, Show::address},
    {"destination", "Destination", &Ipv6Header::destination, Show::address},
};

constexpr Field<ExtensionHeader> extension[] = {
    {"next_header", "Next header", &ExtensionHeader::next_header, Show::decimal, protocols},
    {"hdr_ext_len", "Length beyond the first 8 bytes (8-byte units)", &ExtensionHeader::hdr_ext_len},
};

constexpr Field<FragmentHeader> fragment[] = {
    {"next_header", "Next header", &FragmentHeader::next_header, Show::decimal, protocols},
    {"reserved", "Reserved", &FragmentHeader::reserved, Show::hex},
    {"offset_flags", "Fragment offset, more fragments", &FragmentHeader::offset_flags, Show::hex},
    {"identification", "Identification", &FragmentHeader::identification, Show::hex},
};

constexpr Field<AuthenticationHeader> authentication[] = {
    {"next_header", "Next header", &AuthenticationHeader::next_header, Show::decimal, protocols},
    {"payload_len", "Length (4-byte units, minus 2)", &AuthenticationHeader::payload_len},
    {"reserved", "Reserved", &AuthenticationHeader::reserved, Show::hex},
    {"spi", "Security parameters index", &AuthenticationHeader::spi, Show::hex},
};

constexpr Field<GreHeader> gre[] = {
    {"flags_version", "Flags and version", &GreHeader::flags_version, Show::flags, gre_flags},
    {"protocol_type", "Protocol type", &GreHeader::protocol_type, Show::hex, ether_types},
};

constexpr Field<VxlanHeader> vxlan[] = {
    {"flags", "Flags", &VxlanHeader::flags, Show::hex},
    {"reserved", "Reserved", &VxlanHeader::reserved, Show::bytes},
    {"vni", "Network identifier", &VxlanHeader::vni, Show::bytes},
    {"reserved_2", "Reserved", &VxlanHeader::reserved_2, Show::hex},
};

constexpr Field<GeneveHeader> geneve[] = {
    {"ver_opt_len", "Version and options length (4-byte units)", &GeneveHeader::ver_opt_len, Show::hex},
    {"flags", "Flags", &GeneveHeader::flags, Show::hex},
    {"protocol_type", "Protocol type", &GeneveHeader::protocol_type, Show::hex, ether_types},
    {"vni", "Network identifier", &GeneveHeader::vni, Show::bytes},
    {"reserved", "Reserved", &GeneveHeader::reserved, Show::hex},
};

}  // namespace

constinit const std::span<const Field<EthernetHeader>> ethernet_fields{ethernet};
constinit const std::span<const Field<VlanTag>> vlan_fields{vlan};
constinit const std::span<const Field<SnapHeader>> snap_fields{snap};
constinit const std::span<const Field<PppoeHeader>> pppoe_fields{pppoe};
constinit const std::span<const Field<MplsLabel>> mpls_fields{mpls};
constinit const std::span<const Field<ErspanHeader>> erspan_fields{erspan};
constinit const std::span<const Field<SllHeader>> sll_fields{sll};
constinit const std::span<const Field<Sll2Header>> sll2_fields{sll2};
constinit const std::span<const Field<LoopbackHeader>> loopback_fields{loopback};
constinit const std::span<const Field<Ipv4Header>> ipv4_fields{ipv4};
constinit const std::span<const Field<Ipv6Header>> ipv6_fields{ipv6};
constinit const std::span<const Field<ExtensionHeader>> extension_fields{extension};
constinit const std::span<const Field<FragmentHeader>> fragment_fields{fragment};
constinit const std::span<const Field<AuthenticationHeader>> authentication_fields{authentication};
constinit const std::span<const Field<GreHeader>> gre_fields{gre};
constinit const std::span<const Field<VxlanHeader>> vxlan_fields{vxlan};
constinit const std::span<const Field<GeneveHeader>> geneve_fields{geneve};

constinit const std::span<const Name> ether_type_names{ether_types};
constinit const std::span<const Name> protocol_names{protocols};

}  // namespace diag::ip
