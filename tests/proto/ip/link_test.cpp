#include <catch2/catch.hpp>

#include "libdiag/proto/ip/layer.h"
#include "tests/support/packet_builder.h"

using namespace diag;
using namespace diag::test;
using Kind = ip::Layer::Kind;

namespace {

/// A link header by itself; the cases put an IP packet behind it.
struct LinkCase {
    std::string name;
    LinkType link_type;
    ByteVector header;
    bool is_v6;
    std::vector<Kind> kinds;
};

const ByteVector macs = test::bytes({0x02, 0, 0, 0, 0, 0x0a, 0x02, 0, 0, 0, 0, 0x4d});

std::vector<LinkCase> link_cases() {
    return {
        {"Ethernet", LinkType::ethernet, join({macs, test::bytes({0x08, 0x00})}), false, {Kind::ethernet}},
        {"Ethernet, IPv6", LinkType::ethernet, join({macs, test::bytes({0x86, 0xdd})}), true, {Kind::ethernet}},
        {"802.1Q",
         LinkType::ethernet,
         join({macs, test::bytes({0x81, 0x00, 0x00, 0x2a, 0x08, 0x00})}),
         false,
         {Kind::ethernet, Kind::vlan}},
        {"802.1ad outside 802.1Q",
         LinkType::ethernet,
         join({macs, test::bytes({0x88, 0xa8, 0x00, 0x07, 0x81, 0x00, 0x00, 0x2a, 0x86, 0xdd})}),
         true,
         {Kind::ethernet, Kind::vlan, Kind::vlan}},
        {"four tags, the old QinQ number first",
         LinkType::ethernet,
         join(
             {macs, test::bytes({0x91, 0x00, 0, 1, 0x81, 0x00, 0, 2, 0x81, 0x00, 0, 3, 0x81, 0x00, 0, 4, 0x08, 0x00})}),
         false,
         {Kind::ethernet, Kind::vlan, Kind::vlan, Kind::vlan, Kind::vlan}},
        {"802.3 with SNAP (RFC 1042)",
         LinkType::ethernet,
         join({macs, test::bytes({0x00, 0x24, 0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00})}),
         false,
         {Kind::ethernet, Kind::snap}},
        {"PPPoE session",
         LinkType::ethernet,
         join({macs, test::bytes({0x88, 0x64, 0x11, 0x00, 0x12, 0x34, 0x00, 0x1e, 0x00, 0x21})}),
         false,
         {Kind::ethernet, Kind::pppoe}},
        {"PPPoE session behind a tag, IPv6",
         LinkType::ethernet,
         join({macs, test::bytes({0x81, 0x00, 0, 7, 0x88, 0x64, 0x11, 0x00, 0x12, 0x34, 0x00, 0x32, 0x00, 0x57})}),
         true,
         {Kind::ethernet, Kind::vlan, Kind::pppoe}},
        {"MPLS, two labels (RFC 3032)",
         LinkType::ethernet,
         join({macs, test::bytes({0x88, 0x47, 0x00, 0x01, 0x00, 0x40, 0x00, 0x02, 0x01, 0x40})}),
         false,
         {Kind::ethernet, Kind::mpls, Kind::mpls}},
        {"MPLS behind a tag, IPv6",
         LinkType::ethernet,
         join({macs, test::bytes({0x81, 0x00, 0, 7, 0x88, 0x47, 0x00, 0x02, 0x01, 0x40})}),
         true,
         {Kind::ethernet, Kind::vlan, Kind::mpls}},
        {"Linux cooked v1",
         LinkType::linux_sll,
         test::bytes({0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 0x4d, 0, 0, 0x08, 0x00}),
         false,
         {Kind::linux_sll}},
        {"Linux cooked v1 with a tag",
         LinkType::linux_sll,
         test::bytes({0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 0x4d, 0, 0, 0x81, 0x00, 0, 7, 0x08, 0x00}),
         false,
         {Kind::linux_sll, Kind::vlan}},
        {"Linux cooked v2",
         LinkType::linux_sll2,
         test::bytes({0x86, 0xdd, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 0x4d, 0, 0}),
         true,
         {Kind::linux_sll2}},
        {"BSD loopback, little-endian AF_INET",
         LinkType::null_loopback,
         test::bytes({2, 0, 0, 0}),
         false,
         {Kind::loopback}},
        {"BSD loopback, big-endian AF_INET",
         LinkType::null_loopback,
         test::bytes({0, 0, 0, 2}),
         false,
         {Kind::loopback}},
        {"macOS loopback, AF_INET6 = 30", LinkType::null_loopback, test::bytes({30, 0, 0, 0}), true, {Kind::loopback}},
        {"FreeBSD loopback, AF_INET6 = 28",
         LinkType::null_loopback,
         test::bytes({0, 0, 0, 28}),
         true,
         {Kind::loopback}},
        {"OpenBSD loopback, AF_INET6 = 24",
         LinkType::openbsd_loopback,
         test::bytes({0, 0, 0, 24}),
         true,
         {Kind::loopback}},
        {"Linux numbers in a loopback header, AF_INET6 = 10",
         LinkType::null_loopback,
         test::bytes({10, 0, 0, 0}),
         true,
         {Kind::loopback}},
        {"raw IP", LinkType::raw_ip, {}, false, {}},
        {"raw IP, IPv6", LinkType::raw_ip, {}, true, {}},
        {"raw IP as BSD numbers it", LinkType::raw_ip_bsd, {}, false, {}},
        {"raw IP as OpenBSD numbers it", LinkType::raw_ip_openbsd, {}, true, {}},
        {"raw IPv4", LinkType::raw_ipv4, {}, false, {}},
        {"raw IPv6", LinkType::raw_ipv6, {}, true, {}},
    };
}

const ByteVector content = test::bytes({0xc0, 0xff, 0xee, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06});

ByteVector packet_of(bool is_v6) {
    return is_v6 ? ip_packet(test::ip("2001:db8::77"), test::ip("2001:db8::10"), 132, content)
                 : ip_packet(test::ip("192.0.2.77"), test::ip("192.0.2.10"), 132, content);
}

std::expected<ip::IpPacket, ip::NoPacket> decode(LinkType type, Bytes frame) {
    return ip::decode_packet(view_of(frame, type));
}

}  // namespace

TEST_CASE("link: every header leads to the IP packet behind it", "[ip]") {
    for (const LinkCase& c : link_cases()) {
        CAPTURE(c.name);
        const ByteVector frame = join({c.header, packet_of(c.is_v6)});
        const auto traced = ip::trace_packet(view_of(frame, c.link_type));
        REQUIRE(traced.packet);
        CHECK(traced.packet->source == test::ip(c.is_v6 ? "2001:db8::77" : "192.0.2.77"));
        CHECK(traced.packet->destination == test::ip(c.is_v6 ? "2001:db8::10" : "192.0.2.10"));
        CHECK(traced.packet->protocol == 132);
        CHECK(traced.packet->payload_offset == c.header.size() + (c.is_v6 ? 40U : 20U));
        CHECK(join({traced.packet->payload}) == content);

        std::vector<Kind> kinds;
        for (const auto& layer : traced.layers) kinds.push_back(layer.kind);
        std::vector<Kind> expected = c.kinds;
        expected.push_back(c.is_v6 ? Kind::ipv6 : Kind::ipv4);
        CHECK(kinds == expected);
    }
}

TEST_CASE("link: frames without IP are not IP, and no error", "[ip]") {
    const auto frame = [](std::initializer_list<unsigned> behind_macs) {
        return join({macs, test::bytes(behind_macs), ByteVector(46, 0)});
    };
    CHECK(decode(LinkType::ethernet, frame({0x08, 0x06})).error() == ip::NoPacket::not_ip);  // ARP
    CHECK(decode(LinkType::ethernet, frame({0x00, 0x26, 0x42, 0x42, 0x03})).error() ==
          ip::NoPacket::not_ip);                                                             // 802.3, STP
    CHECK(decode(LinkType::ethernet, frame({0x88, 0xcc})).error() == ip::NoPacket::not_ip);  // LLDP
    CHECK(decode(LinkType::ethernet, frame({0x81, 0x00, 0, 1, 0x08, 0x06})).error() ==
          ip::NoPacket::not_ip);  // ARP, tagged
    CHECK(decode(LinkType::ethernet, frame({0x88, 0x64, 0x11, 0, 0, 1, 0, 4, 0xc0, 0x21})).error() ==
          ip::NoPacket::not_ip);  // LCP
    CHECK(decode(LinkType::ethernet, frame({0x88, 0x64, 0x11, 0xa7, 0, 1, 0, 4, 0, 0x21})).error() ==
          ip::NoPacket::not_ip);  // PADT
    CHECK(decode(LinkType::null_loopback, test::bytes({7, 0, 0, 0, 0x45})).error() == ip::NoPacket::not_ip);
    CHECK(decode(LinkType::raw_ip, test::bytes({0x25, 0, 0, 0})).error() == ip::NoPacket::not_ip);
    // ARPHRD 824: the last field is a netlink family, here by chance that of IPv4.
    CHECK(decode(LinkType::linux_sll, test::bytes({0, 4, 3, 56, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0x45})).error() ==
          ip::NoPacket::not_ip);
    // 802.2 LLC in a cooked capture has the number 4 where an EtherType would be.
    CHECK(decode(LinkType::linux_sll, test::bytes({0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0, 4, 0x42, 0x42}))
              .error() == ip::NoPacket::not_ip);
}

TEST_CASE("link: a type that we do not read is named as such", "[ip]") {
    CHECK(decode(LinkType{105}, ByteVector(60, 0)).error() == ip::NoPacket::unsupported_link);  // 802.11
    CHECK(decode(LinkType{0xffffffff}, {}).error() == ip::NoPacket::unsupported_link);
}

TEST_CASE("link: five tags are refused", "[ip]") {
    const ByteVector frame = ethernet(0x0800, packet_of(false), {1, 2, 3, 4, 5});
    CHECK(decode(LinkType::ethernet, frame).error() == ip::NoPacket::malformed);
}

TEST_CASE("link: a packet of 0 bytes is truncated for every link type", "[ip]") {
    for (const LinkCase& c : link_cases()) {
        CAPTURE(c.name);
        CHECK(decode(c.link_type, {}).error() == ip::NoPacket::truncated);
    }
}
