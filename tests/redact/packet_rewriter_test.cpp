#include "libdiag/redact/packet_rewriter.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/redact/redact_packets.h"

using namespace diag;
using namespace diag::test;

namespace {

constexpr std::uint16_t ipv4_type = 0x0800;
constexpr std::uint16_t ethernet_in_gre = 0x6558;

struct Ends {
    Endpoint client, host;
};

const Ends v4{endpoint("192.0.2.77", 40'000), endpoint("198.51.100.10", 1688)};
const Ends v6{endpoint("2001:db8::77", 40'000), endpoint("fd00:1::10", 1688)};
const Ends outer{endpoint("203.0.113.5", 50'000), endpoint("203.0.113.9", 4789)};

/// Keeps the bytes of TCP as they are.
redact::PacketRewriter rewriter() {
    return {test_pseudonyms(), [](const redact::SegmentPlace&, Bytes payload, std::span<std::uint8_t> out) {
                std::ranges::copy(payload, out.begin());
                return true;
            }};
}

ByteVector rewritten(const PacketView& packet) {
    const auto out = rewriter().rewrite(packet);
    REQUIRE(out);
    REQUIRE(out->size() == packet.data.size());
    return *out;
}

ByteVector tcp_packet(const Ends& ends, Bytes payload, const TcpFields& fields = {}) {
    return ip_packet(ends.client.ip, ends.host.ip, 6, tcp_segment(ends.client, ends.host, fields, payload));
}

/// What the builder, which shares no code with the rewriter, makes of a conversation between the pseudonyms.
Ends pseudonyms_of(const Ends& ends) {
    return {{test_pseudonyms().address(ends.client.ip), ends.client.port},
            {test_pseudonyms().address(ends.host.ip), ends.host.port}};
}

bool mentions(Bytes frame, const Ends& ends) {
    return contains(frame, ends.client.ip.bytes()) || contains(frame, ends.host.ip.bytes());
}

ByteVector text(std::string_view text) { return {text.begin(), text.end()}; }

ByteVector udp_between(const Ends& ends, std::uint16_t port, Bytes payload) {
    const Endpoint to{ends.host.ip, port};
    return ip_packet(ends.client.ip, to.ip, 17, udp_datagram(ends.client, to, payload));
}

}  // namespace

TEST_CASE("packet rewriter: a TCP packet is what a builder makes between the pseudonyms", "[redact]") {
    for (const Ends& ends : {v4, v6}) {
        const ByteVector packet = tcp_packet(ends, text("hello"), {.sequence = 7, .acknowledgment = 9});
        const LinkType link = ends.client.ip.family == IpAddress::Family::v4 ? LinkType::raw_ipv4 : LinkType::raw_ipv6;
        CHECK(rewritten(view_of(packet, link)) ==
              tcp_packet(pseudonyms_of(ends), text("hello"), {.sequence = 7, .acknowledgment = 9}));
    }
}

TEST_CASE("packet rewriter: a wrong checksum becomes right", "[redact]") {
    ByteVector packet = tcp_packet(v4, text("hello"));
    packet[10] ^= 0xff;       // of IPv4
    packet[20 + 16] ^= 0xff;  // of TCP
    CHECK(rewritten(view_of(packet, LinkType::raw_ip)) == tcp_packet(pseudonyms_of(v4), text("hello")));
}

TEST_CASE("packet rewriter: padding of the link is zeros, and MAC addresses are local ones", "[redact]") {
    const ByteVector frame = ethernet_ip(tcp_packet(v4, {}), {5});
    REQUIRE(frame.back() == 0xee);
    const ByteVector out = rewritten(view_of(frame));
    CHECK(out.back() == 0);
    CHECK_FALSE(std::ranges::equal(Bytes{out}.first(6), Bytes{frame}.first(6)));
    CHECK_FALSE(std::ranges::equal(Bytes{out}.subspan(6, 6), Bytes{frame}.subspan(6, 6)));
    CHECK((out[0] & 0x02U) != 0);
    CHECK((out[6] & 0x02U) != 0);
    CHECK(std::ranges::equal(Bytes{out}.subspan(12, 6), Bytes{frame}.subspan(12, 6)));  // tag and type
}

TEST_CASE("packet rewriter: IP options and unknown TCP options are gone, the others stay", "[redact]") {
    // MSS, then TCP Fast Open's cookie (RFC 7413), then SACK permitted.
    const ByteVector options = bytes({2, 4, 5, 0xb4, 34, 10, 'c', 'o', 'o', 'k', 'i', 'e', '0', '1', 4, 2});
    const ByteVector cleaned = bytes({2, 4, 5, 0xb4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 4, 2});
    const ByteVector segment = tcp_segment(v4.client, v4.host, {.flags = 2, .options = options}, {});
    // Record route (RFC 791), with an address in it.
    const ByteVector ip_options = bytes({7, 7, 8, 192, 0, 2, 77, 0});
    const ByteVector packet = ip_packet(v4.client.ip, v4.host.ip, 6, segment, {.options = ip_options});
    const ByteVector out = rewritten(view_of(packet, LinkType::raw_ip));
    CHECK(std::ranges::equal(Bytes{out}.subspan(48, 16), cleaned));
    CHECK(std::ranges::all_of(Bytes{out}.subspan(20, 8), [](std::uint8_t byte) { return byte == 0; }));
    CHECK(internet_checksum(Bytes{out}.first(28)) == 0);
}

TEST_CASE("packet rewriter: addresses in the headers of tunnels are pseudonyms, and their sums right", "[redact]") {
    const ByteVector inner = ethernet_ip(tcp_packet(v4, text("a payload that is long enough for no padding")));
    const ByteVector inner_made =
        rewritten(view_of(inner));  // its addresses are checked above; MAC addresses are the same in both
    const Ends made = pseudonyms_of(outer);

    const ByteVector vxlan_header = bytes({8, 0, 0, 0, 0, 0, 42, 0});
    const ByteVector vxlan = udp_between(outer, 4789, join({vxlan_header, inner}));
    CHECK(rewritten(view_of(vxlan, LinkType::raw_ip)) == udp_between(made, 4789, join({vxlan_header, inner_made})));

    const ByteVector gre_header = bytes({0, 0, ethernet_in_gre >> 8U, ethernet_in_gre & 0xffU});
    const ByteVector gre = ip_packet(outer.client.ip, outer.host.ip, 47, join({gre_header, inner}));
    CHECK(rewritten(view_of(gre, LinkType::raw_ip)) ==
          ip_packet(made.client.ip, made.host.ip, 47, join({gre_header, inner_made})));

    const ByteVector ip_in_ip = ip_packet(outer.client.ip, outer.host.ip, 4, tcp_packet(v4, text("hello")));
    CHECK(rewritten(view_of(ip_in_ip, LinkType::raw_ip)) ==
          ip_packet(made.client.ip, made.host.ip, 4, tcp_packet(pseudonyms_of(v4), text("hello"))));
}

TEST_CASE("packet rewriter: GRE's own checksum covers what it carries", "[redact]") {
    const ByteVector inner = tcp_packet(v4, text("hello"));
    ByteVector gre = join({bytes({0x80, 0, ipv4_type >> 8U, 0, 0, 0, 0, 0}), inner});
    const std::uint16_t sum = internet_checksum(gre);
    gre[4] = static_cast<std::uint8_t>(sum >> 8U);
    gre[5] = static_cast<std::uint8_t>(sum);
    const ByteVector out = rewritten(view_of(ip_packet(outer.client.ip, outer.host.ip, 47, gre), LinkType::raw_ip));
    CHECK(internet_checksum(Bytes{out}.subspan(20)) == 0);
    CHECK_FALSE(mentions(out, v4));
}

TEST_CASE("packet rewriter: of a cut packet the sum stays as right as it was", "[redact]") {
    for (const Ends& ends : {v4, v6}) {
        const ByteVector payload(301, 'x');
        const ByteVector packet = tcp_packet(ends, payload);
        const LinkType link = ends.client.ip.family == IpAddress::Family::v4 ? LinkType::raw_ipv4 : LinkType::raw_ipv6;
        const ByteVector whole = rewritten(view_of(packet, link));
        const std::size_t header_size = packet.size() - payload.size();
        for (std::size_t size = header_size; size < packet.size(); size += 7) {
            PacketView cut = view_of(Bytes{packet}.first(size), link);
            cut.original_size = static_cast<std::uint32_t>(packet.size());
            CHECK(std::ranges::equal(rewritten(cut), Bytes{whole}.first(size)));
        }
    }
}

TEST_CASE("packet rewriter: an ICMP error quotes pseudonyms and no data", "[redact]") {
    for (const Ends& ends : {v4, v6}) {
        const bool is_v6 = ends.client.ip.family == IpAddress::Family::v6;
        const ByteVector quoted = tcp_packet(ends, text("SECRET-NAME"), {.sequence = 77, .flags = 2});
        const IpAddress router = is_v6 ? test::ip("2001:db8::1") : test::ip("192.0.2.1");
        const ByteVector error = icmp_error(router, ends.client.ip, is_v6 ? 1 : 3, is_v6 ? 4 : 3, 0, quoted);
        const ByteVector out = rewritten(view_of(error, is_v6 ? LinkType::raw_ipv6 : LinkType::raw_ipv4));
        CHECK_FALSE(mentions(out, ends));
        CHECK_FALSE(contains(out, bytes_of("SECRET")));
        const std::size_t header_size = is_v6 ? 40 : 20;
        const Bytes inside = Bytes{out}.subspan(header_size + 8);
        const ByteVector made = tcp_packet(pseudonyms_of(ends), text("SECRET-NAME"), {.sequence = 77, .flags = 2});
        // Up to the sum of the quoted TCP header, which nobody can know.
        CHECK(std::ranges::equal(inside.first(header_size + 16), Bytes{made}.first(header_size + 16)));
        if (!is_v6) CHECK(internet_checksum(Bytes{out}.subspan(header_size)) == 0);
    }
}

TEST_CASE("packet rewriter: what is neither TCP, DNS nor an ICMP error is not rewritten", "[redact]") {
    const auto gives_nothing = [](const ByteVector& packet) {
        return !rewriter().rewrite(view_of(packet, LinkType::raw_ip)).has_value();
    };
    CHECK(gives_nothing(udp_between(v4, 514, text("syslog"))));
    CHECK(gives_nothing(ip_packet(v4.client.ip, v4.host.ip, 50, text("ESP of some length"))));
    CHECK(gives_nothing(ip_packet(v4.client.ip, v4.host.ip, 1, bytes({8, 0, 0, 0, 0, 0, 0, 0}))));  // echo
    CHECK(gives_nothing(ip_packet(v4.client.ip, v4.host.ip, 6, bytes({1, 2, 3}))));
    for (const ByteVector& piece : ip_fragments(v4.client.ip, v4.host.ip, 6, ByteVector(100, 1), 1, 48))
        CHECK(gives_nothing(piece));
}

TEST_CASE("packet rewriter: no prefix of a packet lets an address through", "[redact]") {
    const ByteVector vxlan =
        udp_between(outer, 4789, join({bytes({8, 0, 0, 0, 0, 0, 42, 0}), ethernet_ip(tcp_packet(v4, text("hello")))}));
    const ByteVector error = icmp_error(v4.host.ip, v4.client.ip, 3, 3, 0, tcp_packet(v4, text("hello")));
    const ByteVector v6_packet = tcp_packet(v6, text("hello"));
    for (const ByteVector& packet : {vxlan, error, v6_packet}) {
        for (std::size_t size = 0; size <= packet.size(); ++size) {
            PacketView cut = view_of(Bytes{packet}.first(size), LinkType::raw_ip);
            cut.original_size = static_cast<std::uint32_t>(packet.size());
            const auto out = rewriter().rewrite(cut);
            if (!out) continue;
            for (const Ends& ends : {v4, v6, outer}) CHECK_FALSE(mentions(*out, ends));
        }
    }
}
