#include <catch2/catch.hpp>

#include "libdiag/proto/ip/icmp.h"
#include "tests/support/exact_buffer.h"
#include "tests/support/packet_builder.h"

using namespace diag;
using namespace diag::test;
using Family = IpAddress::Family;

namespace {

const Endpoint client = endpoint("192.0.2.77", 40'000), host = endpoint("192.0.2.10", 1688);
const Endpoint client6 = endpoint("2001:db8::77", 40'001), host6 = endpoint("2001:db8::10", 1688);

ByteVector syn_packet(const Endpoint& from, const Endpoint& to, ByteVector ip_options = {}) {
    const ByteVector segment = tcp_segment(from, to, {.sequence = 0xde531318, .flags = 0x02}, {});
    return ip_packet(from.ip, to.ip, 6, segment, {.options = std::move(ip_options)});
}

ip::IcmpMessage decode(Bytes packet) {
    const auto ip_packet = ip::decode_ip(packet);
    REQUIRE(ip_packet);
    const auto message = ip::decode_icmp(ip_packet->payload, ip_packet->source.family);
    REQUIRE(message);
    return *message;
}

}  // namespace

TEST_CASE("ICMP: an error names the connection that it is about, from 8 bytes of TCP", "[ip]") {
    const ByteVector quoted = syn_packet(client, host);
    const auto message = decode(icmp_error(host.ip, client.ip, 3, 3, 0, quoted, 20 + 8));
    CHECK(message.kind == ip::IcmpKind::destination_unreachable);
    CHECK(message.header.type == 3);
    CHECK(message.header.code == 3);
    REQUIRE(message.quoted);
    CHECK(message.quoted->source == client.ip);
    CHECK(message.quoted->destination == host.ip);
    CHECK(message.quoted->protocol == 6);
    CHECK(message.quoted->ports == ip::Ports{40'000, 1688});
    CHECK(message.quoted->tcp_sequence == 0xde531318);
}

TEST_CASE("ICMP: the quoted packet may have options, and lengths that its sender has changed", "[ip]") {
    ByteVector quoted = syn_packet(client, host, test::bytes({0x94, 0x04, 0, 0}));
    quoted[2] = quoted[3] = 0;  // total length
    const auto message = decode(icmp_error(test::ip("198.51.100.1"), client.ip, 11, 0, 0, quoted, 24 + 8));
    CHECK(message.kind == ip::IcmpKind::time_exceeded);
    REQUIRE(message.quoted);
    CHECK(message.quoted->ports == ip::Ports{40'000, 1688});
}

TEST_CASE("ICMP: fragmentation needed carries the MTU (RFC 1191)", "[ip]") {
    CHECK(decode(icmp_error(host.ip, client.ip, 3, 4, 1400, syn_packet(client, host))).mtu == 1400);
    CHECK(decode(icmp_error(host.ip, client.ip, 3, 4, 1400, syn_packet(client, host))).kind ==
          ip::IcmpKind::packet_too_big);
    CHECK_FALSE(decode(icmp_error(host.ip, client.ip, 3, 4, 0, syn_packet(client, host))).mtu);
    CHECK_FALSE(decode(icmp_error(host.ip, client.ip, 3, 3, 1400, syn_packet(client, host))).mtu);
}

TEST_CASE("ICMP: redirect and parameter problem", "[ip]") {
    const auto redirect = decode(icmp_error(host.ip, client.ip, 5, 1, 0xc0000263, syn_packet(client, host)));
    CHECK(redirect.kind == ip::IcmpKind::redirect);
    REQUIRE(redirect.gateway);
    CHECK(to_string(*redirect.gateway) == "192.0.2.99");
    CHECK(redirect.quoted);
    const auto parameter = decode(icmp_error(host.ip, client.ip, 12, 0, 0x14000000, syn_packet(client, host)));
    CHECK(parameter.kind == ip::IcmpKind::parameter_problem);
    CHECK(parameter.pointer == 20);
}

TEST_CASE("ICMPv6: errors with quoted TCP", "[ip]") {
    const ByteVector quoted = syn_packet(client6, host6);
    const auto port = decode(icmp_error(host6.ip, client6.ip, 1, 4, 0, quoted, 48));
    CHECK(port.kind == ip::IcmpKind::destination_unreachable);
    REQUIRE(port.quoted);
    CHECK(port.quoted->source == client6.ip);
    CHECK(port.quoted->destination == host6.ip);
    CHECK(port.quoted->ports == ip::Ports{40'001, 1688});
    CHECK(port.quoted->tcp_sequence == 0xde531318);
    const auto too_big = decode(icmp_error(host6.ip, client6.ip, 2, 0, 1280, quoted));
    CHECK(too_big.kind == ip::IcmpKind::packet_too_big);
    CHECK(too_big.mtu == 1280);
    CHECK(decode(icmp_error(host6.ip, client6.ip, 4, 1, 40, quoted)).pointer == 40);
    CHECK(decode(icmp_error(host6.ip, client6.ip, 3, 0, 0, quoted)).kind == ip::IcmpKind::time_exceeded);
}

TEST_CASE("ICMPv6: a redirect names the better router and quotes in an option (RFC 4861 4.5)", "[ip]") {
    const ByteVector quoted = syn_packet(client6, host6);
    const ByteVector body = join({
        test::ip("fe80::1").bytes(),               // target
        host6.ip.bytes(),                          // destination
        test::bytes({2, 1, 0x02, 0, 0, 0, 0, 1}),  // option: target link-layer address
        test::bytes({4, 9, 0, 0, 0, 0, 0, 0}),     // option: redirected header, 72 bytes
        quoted,
    });
    const auto message = decode(icmp_error(test::ip("fe80::2"), client6.ip, 137, 0, 0, body));
    CHECK(message.kind == ip::IcmpKind::redirect);
    CHECK(message.gateway == test::ip("fe80::1"));
    REQUIRE(message.quoted);
    CHECK(message.quoted->ports == ip::Ports{40'001, 1688});

    ByteVector endless = body;
    endless[33] = 0;  // an option of length 0
    CHECK_FALSE(decode(icmp_error(test::ip("fe80::2"), client6.ip, 137, 0, 0, endless)).quoted);
}

TEST_CASE("ICMP: a later fragment quotes no ports", "[ip]") {
    const ByteVector quoted = ip_packet(client.ip, host.ip, 6, ByteVector(24, 1), {.id = 1, .fragment_offset = 1480});
    const auto message = decode(icmp_error(host.ip, client.ip, 3, 1, 0, quoted));
    REQUIRE(message.quoted);
    CHECK_FALSE(message.quoted->ports);
    const ByteVector quoted6 =
        ip_packet(client6.ip, host6.ip, 6, ByteVector(24, 1), {.id = 1, .fragment_offset = 1480});
    const auto message6 = decode(icmp_error(host6.ip, client6.ip, 1, 3, 0, quoted6));
    REQUIRE(message6.quoted);
    CHECK_FALSE(message6.quoted->ports);
}

TEST_CASE("ICMP: echo is no error and quotes nothing", "[ip]") {
    const auto echo = decode(icmp_error(host.ip, client.ip, 8, 0, 0x00010002, syn_packet(client, host)));
    CHECK(echo.kind == ip::IcmpKind::other);
    CHECK_FALSE(echo.quoted);
}

TEST_CASE("ICMP: every cut keeps what is there and reads nothing else", "[ip]") {
    const ByteVector packet = icmp_error(host.ip, client.ip, 3, 3, 0, syn_packet(client, host));
    const ByteVector message{packet.begin() + 20, packet.end()};
    for (std::size_t n = 0; n <= message.size(); ++n) {
        const ExactBuffer cut{message, n};
        const auto decoded = ip::decode_icmp(cut.bytes(), Family::v4);
        CAPTURE(n);
        REQUIRE(decoded.has_value() == (n >= 8));
        if (!decoded) {
            CHECK(decoded.error().kind == WireError::Kind::truncated);
            continue;
        }
        CHECK(decoded->quoted.has_value() == (n >= 8 + 20));
        if (!decoded->quoted) continue;
        CHECK(decoded->quoted->ports.has_value() == (n >= 8 + 20 + 4));
        CHECK(decoded->quoted->tcp_sequence.has_value() == (n >= 8 + 20 + 8));
    }
}

TEST_CASE("ICMP: codes have names", "[ip]") {
    CHECK(ip::icmp_type_name(Family::v4, 3) == "Destination unreachable");
    for (std::uint8_t code = 0; code <= 15; ++code) CHECK_FALSE(ip::icmp_code_name(Family::v4, 3, code).empty());
    CHECK(ip::icmp_code_name(Family::v4, 3, 3) == "Port unreachable");
    CHECK(ip::icmp_code_name(Family::v4, 3, 13) == "Communication administratively prohibited");
    CHECK(ip::icmp_code_name(Family::v4, 3, 16).empty());
    CHECK(ip::icmp_type_name(Family::v6, 1) == "Destination unreachable");
    for (std::uint8_t code = 0; code <= 6; ++code) CHECK_FALSE(ip::icmp_code_name(Family::v6, 1, code).empty());
    CHECK(ip::icmp_code_name(Family::v6, 1, 4) == "Port unreachable");
    CHECK(ip::icmp_code_name(Family::v6, 3, 0) == "Hop limit exceeded in transit");
    CHECK(ip::icmp_type_name(Family::v6, 200).empty());
}
