#pragma once

#include <span>

#include "libdiag/wire/field.h"

/// The fixed parts of link, network and tunnel headers, field by field: for trees and for building packets.
/// All in network byte order. ip.h reads the few fields that it needs without these.
namespace diag::ip {

struct EthernetHeader {
    FixedBytes<6> destination{}, source{};
    std::uint16_t type = 0;
};

struct VlanTag {  // IEEE 802.1Q 9.6
    std::uint16_t tci = 0;
    std::uint16_t type = 0;
};

struct SnapHeader {  // RFC 1042
    FixedBytes<3> llc{}, oui{};
    std::uint16_t type = 0;
};

struct PppoeHeader {  // RFC 2516 4, with the PPP protocol behind it
    std::uint8_t ver_type = 0, code = 0;
    std::uint16_t session_id = 0, length = 0, ppp_protocol = 0;
};

struct MplsLabel {  // RFC 3032 2.1
    std::uint32_t label_class_bottom_ttl = 0;
};

struct ErspanHeader {  // draft-foschiano-erspan-03 4.2; version 3 has a time stamp and more behind it
    std::uint16_t version_vlan = 0, class_session = 0;
    std::uint32_t rest = 0;
};

struct SllHeader {  // LINKTYPE_LINUX_SLL
    std::uint16_t packet_type = 0, arphrd_type = 0, address_length = 0;
    FixedBytes<8> address{};
    std::uint16_t protocol_type = 0;
};

struct Sll2Header {  // LINKTYPE_LINUX_SLL2
    std::uint16_t protocol_type = 0, reserved = 0;
    std::uint32_t interface_index = 0;
    std::uint16_t arphrd_type = 0;
    std::uint8_t packet_type = 0, address_length = 0;
    FixedBytes<8> address{};
};

struct LoopbackHeader {  // LINKTYPE_NULL, LINKTYPE_LOOP
    std::uint32_t family = 0;
};

struct Ipv4Header {  // RFC 791 3.1
    std::uint8_t version_ihl = 0x45, type_of_service = 0;
    std::uint16_t total_length = 0, identification = 0, flags_fragment_offset = 0;
    std::uint8_t time_to_live = 64, protocol = 0;
    std::uint16_t header_checksum = 0;
    FixedBytes<4> source{}, destination{};
    friend bool operator==(const Ipv4Header&, const Ipv4Header&) = default;
};

struct Ipv6Header {  // RFC 8200 3
    std::uint32_t version_class_flow = 0x60000000;
    std::uint16_t payload_length = 0;
    std::uint8_t next_header = 0, hop_limit = 64;
    FixedBytes<16> source{}, destination{};
    friend bool operator==(const Ipv6Header&, const Ipv6Header&) = default;
};

struct ExtensionHeader {  // RFC 8200 4.3, 4.4, 4.6: what they have in common
    std::uint8_t next_header = 0, hdr_ext_len = 0;
};

struct FragmentHeader {  // RFC 8200 4.5
    std::uint8_t next_header = 0, reserved = 0;
    std::uint16_t offset_flags = 0;
    std::uint32_t identification = 0;
};

struct AuthenticationHeader {  // RFC 4302 2
    std::uint8_t next_header = 0, payload_len = 0;
    std::uint16_t reserved = 0;
    std::uint32_t spi = 0;
};

struct GreHeader {  // RFC 2784 2, RFC 2890 2
    std::uint16_t flags_version = 0, protocol_type = 0;
};

struct VxlanHeader {  // RFC 7348 5
    std::uint8_t flags = 0;
    FixedBytes<3> reserved{}, vni{};
    std::uint8_t reserved_2 = 0;
};

struct GeneveHeader {  // RFC 8926 3.4
    std::uint8_t ver_opt_len = 0, flags = 0;
    std::uint16_t protocol_type = 0;
    FixedBytes<3> vni{};
    std::uint8_t reserved = 0;
};

extern const std::span<const Field<EthernetHeader>> ethernet_fields;
extern const std::span<const Field<VlanTag>> vlan_fields;
extern const std::span<const Field<SnapHeader>> snap_fields;
extern const std::span<const Field<PppoeHeader>> pppoe_fields;
extern const std::span<const Field<MplsLabel>> mpls_fields;
extern const std::span<const Field<ErspanHeader>> erspan_fields;
extern const std::span<const Field<SllHeader>> sll_fields;
extern const std::span<const Field<Sll2Header>> sll2_fields;
extern const std::span<const Field<LoopbackHeader>> loopback_fields;
extern const std::span<const Field<Ipv4Header>> ipv4_fields;
extern const std::span<const Field<Ipv6Header>> ipv6_fields;
extern const std::span<const Field<ExtensionHeader>> extension_fields;
extern const std::span<const Field<FragmentHeader>> fragment_fields;
extern const std::span<const Field<AuthenticationHeader>> authentication_fields;
extern const std::span<const Field<GreHeader>> gre_fields;
extern const std::span<const Field<VxlanHeader>> vxlan_fields;
extern const std::span<const Field<GeneveHeader>> geneve_fields;

extern const std::span<const Name> ether_type_names;
extern const std::span<const Name> protocol_names;  ///< IP protocol and next header numbers

}  // namespace diag::ip
