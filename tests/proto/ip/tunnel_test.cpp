#include <catch2/catch.hpp>

#include <algorithm>

#include "libdiag/proto/ip/layer.h"
#include "tests/support/packet_builder.h"

using namespace diag;
using namespace diag::test;
using Kind = ip::Layer::Kind;

namespace {

const IpAddress outer_a = test::ip("198.51.100.1"), outer_b = test::ip("198.51.100.2");
const ByteVector content(24, 0x5a);
const ByteVector inner_v4 = ip_packet(test::ip("192.0.2.77"), test::ip("192.0.2.10"), 6, content);
const ByteVector inner_v6 = ip_packet(test::ip("2001:db8::77"), test::ip("2001:db8::10"), 6, content);

ByteVector in_ip(std::uint8_t protocol, Bytes payload) {
    return ethernet_ip(ip_packet(outer_a, outer_b, protocol, payload));
}

ByteVector in_udp(std::uint16_t port, Bytes payload) {
    return in_ip(17, udp_datagram({outer_a, 50'000}, {outer_b, port}, payload));
}

const ByteVector vxlan_header = test::bytes({0x08, 0, 0, 0, 0x00, 0x12, 0x34, 0});  // RFC 7348 5: I flag, VNI 0x1234

struct TunnelCase {
    std::string name;
    ByteVector frame;
    bool is_v6;
    std::vector<Kind> kinds;  // behind Ethernet and the outer IPv4
};

std::vector<TunnelCase> tunnel_cases() {
    return {
        {"GRE (RFC 2784)",
         in_ip(47, join({test::bytes({0, 0, 0x08, 0x00}), inner_v4})),
         false,
         {Kind::gre, Kind::ipv4}},
        {"GRE with checksum, key and sequence number (RFC 2890)",
         in_ip(47, join({test::bytes({0xb0, 0x00, 0x86, 0xdd}), ByteVector(12, 0), inner_v6})),
         true,
         {Kind::gre, Kind::ipv6}},
        {"GRE with a key alone",
         in_ip(47, join({test::bytes({0x20, 0x00, 0x08, 0x00, 0, 0, 0, 9}), inner_v4})),
         false,
         {Kind::gre, Kind::ipv4}},
        {"GRE with transparent Ethernet bridging and a tag inside",
         in_ip(47, join({test::bytes({0, 0, 0x65, 0x58}), ethernet(0x0800, inner_v4, {42})})),
         false,
         {Kind::gre, Kind::ethernet, Kind::vlan, Kind::ipv4}},
        {"ERSPAN version 1: Ethernet behind GRE",
         in_ip(47, join({test::bytes({0, 0, 0x88, 0xbe}), ethernet(0x0800, inner_v4)})),
         false,
         {Kind::gre, Kind::ethernet, Kind::ipv4}},
        {"ERSPAN version 2 (draft-foschiano-erspan-03 4.2)",
         in_ip(47, join({test::bytes({0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0x2a, 0, 5, 0, 0, 0, 7}),
                         ethernet(0x0800, inner_v4, {42})})),
         false,
         {Kind::gre, Kind::erspan, Kind::ethernet, Kind::vlan, Kind::ipv4}},
        {"ERSPAN version 3 with its subheader (draft-foschiano-erspan-03 4.3)",
         in_ip(47, join({test::bytes({0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 0x2a, 0, 5, 0, 0,
                                      0,    7, 0,    0,    0, 1, 1, 2, 3,    4,    5, 6, 7, 8}),
                         ethernet(0x86dd, inner_v6)})),
         true,
         {Kind::gre, Kind::erspan, Kind::ethernet, Kind::ipv6}},
        {"VXLAN",
         in_udp(4789, join({vxlan_header, ethernet(0x86dd, inner_v6)})),
         true,
         {Kind::udp, Kind::vxlan, Kind::ethernet, Kind::ipv6}},
        {"Geneve with 8 bytes of options and Ethernet",
         in_udp(6081, join({test::bytes({0x02, 0, 0x65, 0x58, 0, 0, 7, 0, 1, 2, 3, 1, 0, 0, 0, 0}),
                            ethernet(0x0800, inner_v4)})),
         false,
         {Kind::udp, Kind::geneve, Kind::ethernet, Kind::ipv4}},
        {"IPv4 in IPv4", in_ip(4, inner_v4), false, {Kind::ipv4}},
        {"IPv6 in IPv4", in_ip(41, inner_v6), true, {Kind::ipv6}},
    };
}

}  // namespace

TEST_CASE("tunnel: the inner packet is found one level deep", "[ip]") {
    for (const TunnelCase& c : tunnel_cases()) {
        CAPTURE(c.name);
        const auto traced = ip::trace_packet(view_of(c.frame));
        REQUIRE(traced.packet);
        CHECK(traced.packet->tunnel_depth == 1);
        CHECK(traced.packet->source == test::ip(c.is_v6 ? "2001:db8::77" : "192.0.2.77"));
        CHECK(traced.packet->protocol == 6);
        CHECK(join({traced.packet->payload}) == content);
        std::vector<Kind> kinds;
        for (const auto& layer : traced.layers) kinds.push_back(layer.kind);
        REQUIRE(kinds.size() == 2 + c.kinds.size());
        CHECK(std::equal(c.kinds.begin(), c.kinds.end(), kinds.begin() + 2));
    }
}

TEST_CASE("tunnel: a tunnel within the tunnel is left as it is", "[ip]") {
    const ByteVector middle = ip_packet(test::ip("203.0.113.1"), test::ip("203.0.113.2"), 4, inner_v4);
    const auto packet = ip::decode_packet(view_of(in_ip(4, middle)));
    REQUIRE(packet);
    CHECK(packet->tunnel_depth == 1);
    CHECK(to_string(packet->source) == "203.0.113.1");
    CHECK(packet->protocol == 4);
}

TEST_CASE("tunnel: what does not hold an IP packet stays the outer packet", "[ip]") {
    struct Case {
        std::string name;
        ByteVector frame;
        std::uint8_t protocol;
    };
    const Case cases[] = {
        {"UDP on another port", in_udp(53, join({vxlan_header, ethernet(0x0800, inner_v4)})), 17},
        {"VXLAN port without the I flag", in_udp(4789, join({ByteVector(8, 0), ethernet(0x0800, inner_v4)})), 17},
        {"ARP in VXLAN", in_udp(4789, join({vxlan_header, ethernet(0x0806, ByteVector(28, 0))})), 17},
        {"a cut VXLAN packet", in_udp(4789, vxlan_header), 17},
        {"GRE version 1 (PPTP has another layout)", in_ip(47, join({test::bytes({0x00, 0x01, 0x08, 0x00}), inner_v4})),
         47},
        {"GRE with source routes (RFC 1701)", in_ip(47, join({test::bytes({0x40, 0, 0x08, 0x00}), inner_v4})), 47},
        {"GRE around something else", in_ip(47, test::bytes({0, 0, 0x80, 0x9b, 1, 2, 3, 4})), 47},
        {"ERSPAN cut in its header", in_ip(47, test::bytes({0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 1, 0, 5})), 47},
        {"IP in IP that is no IP", in_ip(4, ByteVector(40, 0xff)), 4},
        {"an empty GRE packet", in_ip(47, {}), 47},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        const auto traced = ip::trace_packet(view_of(c.frame));
        REQUIRE(traced.packet);
        CHECK(traced.packet->tunnel_depth == 0);
        CHECK(traced.packet->protocol == c.protocol);
        CHECK(traced.packet->source == outer_a);
        CHECK(traced.layers.size() == 2);  // the layers of the attempt are taken back
    }
}

TEST_CASE("tunnel: a fragment of a tunnel packet is not looked into", "[ip]") {
    const ByteVector gre = join({test::bytes({0, 0, 0x08, 0x00}), inner_v4});
    const auto fragments = ip_fragments(outer_a, outer_b, 47, gre, 7, 48);
    REQUIRE(fragments.size() == 1);  // 48 bytes hold all of it
    for (const ByteVector& fragment : ip_fragments(outer_a, outer_b, 47, gre, 7, 32)) {
        const auto packet = ip::decode_packet(view_of(ethernet_ip(fragment)));
        REQUIRE(packet);
        CHECK(packet->tunnel_depth == 0);
        CHECK(packet->fragment.is_fragment);
    }
}
