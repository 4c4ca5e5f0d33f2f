#include <catch2/catch.hpp>

#include <random>

#include "libdiag/proto/ip/layer.h"
#include "tests/support/exact_buffer.h"
#include "tests/support/packet_builder.h"

using namespace diag;
using namespace diag::test;

namespace {

const ByteVector tcp_like =
    test::bytes({0x9c, 0x40, 0x06, 0x98, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0, 'h', 'i'});

// RFC 791 3.1, one field a line; the checksum is left 0, as offloading does.
const ByteVector ipv4_by_hand = join({
    test::bytes({0x46}),                    // version 4, header of 6 * 4 bytes
    test::bytes({0x00}),                    // type of service
    test::bytes({0x00, 0x2e}),              // total length 46
    test::bytes({0xab, 0xcd}),              // identification
    test::bytes({0x40, 0x00}),              // don't fragment
    test::bytes({0x3f}),                    // time to live 63
    test::bytes({0x06}),                    // TCP
    test::bytes({0x00, 0x00}),              // header checksum
    test::bytes({192, 0, 2, 77}),           // source
    test::bytes({192, 0, 2, 10}),           // destination
    test::bytes({0x94, 0x04, 0x00, 0x00}),  // option: router alert (RFC 2113)
    tcp_like,
});

const IpAddress v6_client = test::ip("2001:db8::77"), v6_host = test::ip("2001:db8::10");

std::expected<ip::IpPacket, ip::NoPacket> decode_frame(Bytes frame) { return ip::decode_packet(view_of(frame)); }

}  // namespace

TEST_CASE("IPv4: every field of a hand-written packet with options", "[ip]") {
    const ByteVector frame = ethernet(0x0800, ipv4_by_hand);
    const auto packet = decode_frame(frame);
    REQUIRE(packet);
    CHECK(to_string(packet->source) == "192.0.2.77");
    CHECK(to_string(packet->destination) == "192.0.2.10");
    CHECK(packet->protocol == 6);
    CHECK(packet->hop_limit == 63);
    CHECK(packet->tunnel_depth == 0);
    CHECK(packet->payload_offset == 14 + 24);
    CHECK(packet->payload_size == tcp_like.size());
    CHECK(join({packet->payload}) == tcp_like);
    CHECK_FALSE(packet->fragment.is_fragment);
}

TEST_CASE("IPv4: the padding of a short Ethernet frame is no payload", "[ip]") {
    const ByteVector frame = ethernet_ip(ip_packet(test::ip("192.0.2.1"), test::ip("192.0.2.2"), 6, tcp_like));
    REQUIRE(frame.size() == 60);
    const auto packet = decode_frame(frame);
    REQUIRE(packet);
    CHECK(join({packet->payload}) == tcp_like);
}

TEST_CASE("IPv4: a snaplen cut leaves the size that was sent", "[ip]") {
    const ByteVector frame = ethernet(0x0800, ipv4_by_hand);
    for (std::size_t n = 14 + 24; n < frame.size(); ++n) {
        const ExactBuffer cut{frame, n};
        PacketView view = view_of(cut.bytes());
        view.original_size = static_cast<std::uint32_t>(frame.size());
        const auto packet = ip::decode_packet(view);
        CAPTURE(n);
        REQUIRE(packet);
        CHECK(packet->payload.size() == n - 38);
        CHECK(packet->payload_size == tcp_like.size());
    }
}

TEST_CASE("IPv4: total length 0 (segmentation offload) takes what was on the wire", "[ip]") {
    ByteVector frame = ethernet(0x0800, ipv4_by_hand);
    frame[16] = frame[17] = 0;
    PacketView view = view_of(frame);
    auto packet = ip::decode_packet(view);
    REQUIRE(packet);
    CHECK(packet->payload_size == tcp_like.size());

    view.original_size = 70'000;  // cut by the capture
    packet = ip::decode_packet(view);
    REQUIRE(packet);
    CHECK(packet->payload_size == 70'000 - 38);
    CHECK(packet->payload.size() == tcp_like.size());

    view.original_size = 0xffffffff;  // not to be believed
    CHECK(ip::decode_packet(view)->payload_size == tcp_like.size());
    view.original_size = 0;  // smaller than what is there
    CHECK(ip::decode_packet(view)->payload_size == tcp_like.size());
}

TEST_CASE("IPv4: fragments say where they belong", "[ip]") {
    const ByteVector first = ip_packet(test::ip("192.0.2.1"), test::ip("192.0.2.2"), 17, ByteVector(16, 1),
                                       {.id = 0x1234, .more_fragments = true});
    const ByteVector last = ip_packet(test::ip("192.0.2.1"), test::ip("192.0.2.2"), 17, ByteVector(5, 2),
                                      {.id = 0x1234, .fragment_offset = 65'504});
    const auto a = ip::decode_ip(first);
    const auto b = ip::decode_ip(last);
    REQUIRE((a && b));
    CHECK(a->fragment == ip::Fragment{.id = 0x1234, .offset = 0, .more = true, .is_fragment = true});
    CHECK(b->fragment == ip::Fragment{.id = 0x1234, .offset = 65'504, .more = false, .is_fragment = true});
}

TEST_CASE("IPv4: fragments of TCP in Ethernet are fragments, not segments", "[ip]") {
    for (const unsigned offset : {0U, 24U}) {
        const ByteVector frame = ethernet_ip(
            ip_packet(test::ip("192.0.2.1"), test::ip("192.0.2.2"), 6, ByteVector(24, 1),
                      {.id = 9, .fragment_offset = static_cast<std::uint16_t>(offset), .more_fragments = offset == 0}));
        const auto packet = decode_frame(frame);
        REQUIRE(packet);
        CHECK(packet->fragment == ip::Fragment{.id = 9, .offset = offset, .more = offset == 0, .is_fragment = true});
    }
}

TEST_CASE("IPv6: extension headers are passed, the protocol is the one behind them", "[ip]") {
    const ByteVector payload = join({
        test::bytes({60, 0, 1, 4, 0, 0, 0, 0}),  // hop-by-hop, then destination options
        test::bytes(
            {43, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),  // destination options of 16 bytes, then routing
        test::bytes({44, 0, 4, 0, 0, 0, 0, 0}),                   // routing, then fragment
        test::bytes({51, 0, 0, 0, 1, 2, 3, 4}),                   // atomic fragment, then AH
        test::bytes(
            {6, 4, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}),  // AH of 24 bytes, then TCP
        tcp_like,
    });
    const ByteVector frame = ethernet_ip(ip_packet(v6_client, v6_host, 0, payload));
    const auto packet = decode_frame(frame);
    REQUIRE(packet);
    CHECK(packet->protocol == 6);
    CHECK(packet->source == v6_client);
    CHECK(packet->destination == v6_host);
    CHECK(packet->payload_size == tcp_like.size());
    CHECK(join({packet->payload}) == tcp_like);
    CHECK_FALSE(packet->fragment.is_fragment);  // offset 0 and no more to come: RFC 6946
}

TEST_CASE("IPv6: fragment header", "[ip]") {
    const auto packet = ip::decode_ip(ip_packet(v6_client, v6_host, 17, ByteVector(8, 7),
                                                {.id = 0xdeadbeef, .fragment_offset = 1448, .more_fragments = true}));
    REQUIRE(packet);
    CHECK(packet->fragment == ip::Fragment{.id = 0xdeadbeef, .offset = 1448, .more = true, .is_fragment = true});
    CHECK(packet->protocol == 17);
    CHECK(packet->payload_size == 8);
}

TEST_CASE("IPv6: a payload length of 0 takes the wire's, except behind 'no next header'", "[ip]") {
    ByteVector frame = ethernet(0x86dd, ip_packet(v6_client, v6_host, 6, tcp_like));
    frame[18] = frame[19] = 0;
    auto packet = decode_frame(frame);
    REQUIRE(packet);
    CHECK(packet->payload_size == tcp_like.size());
    frame[20] = 59;
    packet = decode_frame(frame);
    REQUIRE(packet);
    CHECK(packet->payload_size == 0);
    CHECK(packet->payload.empty());
}

TEST_CASE("IP: lying lengths are malformed", "[ip]") {
    const auto v4_with = [](std::size_t at, unsigned value) {
        ByteVector packet = ipv4_by_hand;
        packet[at] = static_cast<std::uint8_t>(value);
        return ethernet(0x0800, packet);
    };
    CHECK(decode_frame(v4_with(0, 0x44)).error() == ip::NoPacket::malformed);  // header of 16 bytes
    CHECK(decode_frame(v4_with(0, 0x40)).error() == ip::NoPacket::malformed);  // header of 0 bytes
    CHECK(decode_frame(v4_with(0, 0x66)).error() == ip::NoPacket::malformed);  // version 6 behind the EtherType of IPv4
    CHECK(decode_frame(v4_with(3, 23)).error() == ip::NoPacket::malformed);    // total length below the header's
    CHECK(decode_frame(v4_with(0, 0x4f)).error() == ip::NoPacket::truncated);  // header of 60 bytes, 46 are there

    ByteVector v6 = ip_packet(v6_client, v6_host, 6, tcp_like);
    v6[0] = 0x45;
    CHECK(decode_frame(ethernet(0x86dd, v6)).error() == ip::NoPacket::malformed);
    const auto with_extension = [](ByteVector header) {
        return decode_frame(ethernet(0x86dd, ip_packet(v6_client, v6_host, 0, header)));
    };
    // 8 * 256 bytes, more than the payload length of the packet itself
    CHECK(with_extension(test::bytes({6, 255, 0, 0, 0, 0, 0, 0})).error() == ip::NoPacket::malformed);
    CHECK(with_extension(test::bytes({6, 0, 0, 0, 0, 0, 0})).error() == ip::NoPacket::malformed);  // 7 bytes
}

TEST_CASE("IPv6: a chain of extension headers ends at its limit", "[ip]") {
    const auto chain = [](unsigned count) {
        ByteVector payload;
        for (unsigned i = 0; i + 1 < count; ++i) payload = join({payload, test::bytes({60, 0, 1, 4, 0, 0, 0, 0})});
        payload = join({payload, test::bytes({6, 0, 1, 4, 0, 0, 0, 0}), tcp_like});
        return ip_packet(v6_client, v6_host, 60, payload);
    };
    const ByteVector longest = chain(ip::max_extension_headers);
    REQUIRE(ip::decode_ip(longest));
    CHECK(join({ip::decode_ip(longest)->payload}) == tcp_like);
    CHECK(ip::decode_ip(chain(ip::max_extension_headers + 1)).error() == ip::NoPacket::malformed);
}

TEST_CASE("IP: every proper prefix of the headers is truncated, none is read past", "[ip]") {
    const ByteVector extensions = join({test::bytes({43, 0, 1, 4, 0, 0, 0, 0, 6, 0, 4, 0, 0, 0, 0, 0}), tcp_like});
    const ByteVector frames[] = {
        ethernet(0x0800, ipv4_by_hand, {1, 2}),
        ethernet(0x86dd, ip_packet(v6_client, v6_host, 0, extensions), {1}),
    };
    for (const ByteVector& frame : frames) {
        const std::size_t payload_at = frame.size() - tcp_like.size();
        for (std::size_t n = 0; n <= frame.size(); ++n) {
            const ExactBuffer cut{frame, n};
            CAPTURE(n, payload_at);
            const auto packet = decode_frame(cut.bytes());
            REQUIRE(packet.has_value() == (n >= payload_at));
            if (!packet) CHECK(packet.error() == ip::NoPacket::truncated);
        }
    }
}

TEST_CASE("IP: bytes in front of the payload changed at random never lead outside the frame", "[ip]") {
    std::mt19937_64 random{20261123};
    const ByteVector inner = ethernet(0x0800, ipv4_by_hand);
    const ByteVector vxlan = join({test::bytes({8, 0, 0, 0, 0, 0, 1, 0}), inner});
    const ByteVector seeds[] = {
        ethernet(0x0800, ipv4_by_hand, {1, 2}),
        ethernet(0x86dd, ip_packet(v6_client, v6_host, 44, join({test::bytes({0, 0, 0, 0, 0, 0, 0, 1}), tcp_like}))),
        ethernet_ip(ip_packet(v6_client, v6_host, 17, udp_datagram({v6_client, 1}, {v6_host, 4789}, vxlan))),
    };
    std::size_t decoded_count = 0;
    for (int round = 0; round < 30'000; ++round) {
        ByteVector frame = seeds[random() % std::size(seeds)];
        for (int i = 0; i < 3; ++i) frame[12 + random() % (frame.size() - 12)] = static_cast<std::uint8_t>(random());
        const ExactBuffer exact{frame, random() % 4 == 0 ? random() % frame.size() : frame.size()};
        const auto packet = decode_frame(exact.bytes());
        const auto traced = ip::trace_packet(view_of(exact.bytes())).packet;
        REQUIRE(packet.has_value() == traced.has_value());
        if (!packet) {
            REQUIRE(packet.error() == traced.error());
            continue;
        }
        REQUIRE(packet->fragment == traced->fragment);
        REQUIRE(packet->payload_size == traced->payload_size);
        REQUIRE(packet->payload.size() == traced->payload.size());
        ++decoded_count;
        REQUIRE(packet->payload.size() <= packet->payload_size);
        REQUIRE(packet->payload_offset + packet->payload.size() <= exact.bytes().size());
        if (!packet->payload.empty()) REQUIRE(packet->payload.data() == exact.bytes().data() + packet->payload_offset);
    }
    CHECK(decoded_count > 1000);  // or the test proves little
}
