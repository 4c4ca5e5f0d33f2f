#include <catch2/catch.hpp>

#include <random>

#include "libdiag/proto/ip/checksum.h"
#include "libdiag/proto/ip/encode.h"
#include "libdiag/proto/ip/ip.h"
#include "tests/support/exact_buffer.h"
#include "tests/support/packet_builder.h"

using namespace diag;
using namespace diag::test;

namespace {

const Endpoint a = endpoint("192.0.2.77", 51'638), b = endpoint("192.0.2.53", 53);
const Endpoint a6 = endpoint("2001:db8::77", 51'638), b6 = endpoint("2001:db8::53", 53);

}  // namespace

TEST_CASE("UDP: fields and payload", "[ip]") {
    const ByteVector content = test::bytes({1, 2, 3, 4, 5});
    const ByteVector datagram = udp_datagram(a, b, content);
    const auto decoded = ip::decode_udp(datagram, static_cast<std::uint32_t>(datagram.size()));
    REQUIRE(decoded);
    CHECK(decoded->header.source_port == 51'638);
    CHECK(decoded->header.destination_port == 53);
    CHECK(decoded->header.length == 13);
    CHECK(decoded->payload_size == 5);
    CHECK(join({decoded->payload}) == content);
}

TEST_CASE("UDP: lengths are checked against the IP header, length 0 takes its word", "[ip]") {
    ByteVector datagram = udp_datagram(a, b, ByteVector(20, 1));
    datagram[5] = 20;  // 12 bytes of payload, then 8 of something else
    CHECK(ip::decode_udp(datagram, 28)->payload.size() == 12);
    datagram[5] = 29;  // longer than the IP payload
    CHECK(ip::decode_udp(datagram, 28).error().kind == WireError::Kind::malformed);
    datagram[5] = 7;  // shorter than its own header
    CHECK(ip::decode_udp(datagram, 28).error().kind == WireError::Kind::malformed);
    datagram[5] = 0;
    CHECK(ip::decode_udp(datagram, 28)->payload_size == 20);
    datagram[5] = 28;
    CHECK(ip::decode_udp(head(datagram, 10), 28)->payload.size() == 2);  // cut by the capture
    CHECK(ip::decode_udp(head(datagram, 10), 28)->payload_size == 20);
}

TEST_CASE("UDP: every cut header is truncated", "[ip]") {
    const ByteVector datagram = udp_datagram(a, b, ByteVector(20, 1));
    for (std::size_t n = 0; n < 8; ++n) {
        const ExactBuffer cut{datagram, n};
        CHECK(ip::decode_udp(cut.bytes(), 28).error().kind == WireError::Kind::truncated);
    }
}

TEST_CASE("checksum: the example of RFC 1071 3", "[ip]") {
    ip::Checksum sum;
    sum.add(test::bytes({0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}));
    CHECK(sum.value() == static_cast<std::uint16_t>(~0xddf2U));
}

TEST_CASE("checksum: over a message that holds its own it is 0", "[ip]") {
    for (std::size_t size = 0; size < 64; ++size) {
        const ByteVector datagram = udp_datagram(a6, b6, ByteVector(size, 0xd1));
        CAPTURE(size);
        ip::Checksum sum;
        sum.add(a6.ip.bytes());
        sum.add(b6.ip.bytes());
        sum.add(static_cast<std::uint16_t>(17));
        sum.add(static_cast<std::uint16_t>(datagram.size()));
        sum.add(datagram);
        CHECK(sum.value() == 0);
    }
}

TEST_CASE("encode: IPv4, IPv6 and UDP are those of an independent builder", "[ip]") {
    std::mt19937_64 random{3};
    for (int round = 0; round < 200; ++round) {
        ByteVector content(random() % 300);
        for (auto& byte : content) byte = static_cast<std::uint8_t>(random());
        CAPTURE(round);
        CHECK(ip::encode_udp(a, b, content) == udp_datagram(a, b, content));
        CHECK(ip::encode_udp(a6, b6, content) == udp_datagram(a6, b6, content));

        ip::Ipv4Header v4{.identification = static_cast<std::uint16_t>(random()), .time_to_live = 7, .protocol = 17};
        std::copy_n(a.ip.octets.begin(), 4, v4.source.begin());
        std::copy_n(b.ip.octets.begin(), 4, v4.destination.begin());
        const ByteVector options((random() % 11) * 4, 1);
        const test::IpFields fields{.id = v4.identification, .hop_limit = 7, .options = options};
        CHECK(ip::encode_ipv4(v4, options, content) == ip_packet(a.ip, b.ip, 17, content, fields));

        const ip::Ipv6Header v6{.next_header = 17, .hop_limit = 7, .source = a6.ip.octets, .destination = b6.ip.octets};
        CHECK(ip::encode_ipv6(v6, content) == ip_packet(a6.ip, b6.ip, 17, content, {.hop_limit = 7}));
    }
}

TEST_CASE("encode: the tables decode what they encoded", "[ip]") {
    std::mt19937_64 random{4};
    for (int round = 0; round < 200; ++round) {
        ByteVector header(40);
        for (auto& byte : header) byte = static_cast<std::uint8_t>(random());
        Reader r{header, std::endian::big};
        ip::Ipv6Header v6;
        decode_fields(r, ip::ipv6_fields, v6);
        Writer w{std::endian::big};
        encode_fields(w, ip::ipv6_fields, v6);
        CHECK(w.view() == header);
    }
}
