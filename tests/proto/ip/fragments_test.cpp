#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "libdiag/proto/ip/fragments.h"
#include "tests/support/packet_builder.h"

using namespace diag;
using namespace diag::test;

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

ByteVector random_bytes(std::mt19937_64& random, std::size_t size) {
    ByteVector out(size);
    for (auto& byte : out) byte = static_cast<std::uint8_t>(random());
    return out;
}

struct Ends {
    IpAddress source, destination;
};
const Ends v4_ends{test::ip("192.0.2.1"), test::ip("192.0.2.2")};
const Ends v6_ends{test::ip("2001:db8::1"), test::ip("2001:db8::2")};

/// Packets as bytes; the table gets them decoded.
std::optional<ip::Reassembled> add(ip::FragmentTable& table, Bytes packet, std::uint64_t number, Timestamp time = {}) {
    const auto decoded = ip::decode_ip(packet);
    REQUIRE(decoded);
    return table.add(*decoded, number, time);
}

/// One IPv4 fragment.
ByteVector piece(std::uint32_t id, std::uint16_t offset, bool more, Bytes content) {
    return ip_packet(v4_ends.source, v4_ends.destination, 17, content,
                     {.id = id, .fragment_offset = offset, .more_fragments = more});
}

}  // namespace

TEST_CASE("fragments: in any order, with duplicates, they give back the original", "[ip]") {
    std::mt19937_64 random{1};
    for (int round = 0; round < 400; ++round) {
        const Ends& ends = round % 2 == 0 ? v4_ends : v6_ends;
        const ByteVector original = random_bytes(random, 1 + random() % 9000);
        const std::size_t size = 8 + random() % 1500;
        auto packets = ip_fragments(ends.source, ends.destination, 17, original, 77, size);
        if (packets.size() == 1) continue;
        const std::size_t distinct_count = packets.size();
        for (std::size_t i = 0; i < distinct_count / 3; ++i) packets.push_back(packets[random() % distinct_count]);
        std::shuffle(packets.begin(), packets.end(), random);

        ip::FragmentTable table;
        std::optional<ip::Reassembled> whole;
        std::uint64_t number = 0;
        for (const ByteVector& packet : packets) {
            if (!whole) whole = add(table, packet, ++number);
        }
        CAPTURE(round, original.size(), size);
        REQUIRE(whole);
        CHECK(join({whole->packet.payload}) == original);
        CHECK(whole->packet.payload_size == original.size());
        CHECK(whole->packet.protocol == 17);
        CHECK(whole->packet.source == ends.source);
        CHECK_FALSE(whole->packet.fragment.is_fragment);
        CHECK(whole->packets.size() == number);
        CHECK(whole->packets.back() == number);
        CHECK(table.conflict_size() == 0);
        CHECK(table.memory_size() == 0);
        CHECK(table.size() == 0);
    }
}

TEST_CASE("fragments: the view stays valid when the result moves", "[ip]") {
    ip::FragmentTable table;
    add(table, piece(1, 0, true, ByteVector(8, 1)), 1);
    auto whole = add(table, piece(1, 8, false, ByteVector(3, 2)), 2);
    REQUIRE(whole);
    const ip::Reassembled moved = std::move(*whole);
    CHECK(moved.packet.payload.data() == moved.bytes.data());
    CHECK(to_string(moved.packet.source) == "192.0.2.1");
}

TEST_CASE("fragments: overlaps keep the first copy and are counted", "[ip]") {
    ip::FragmentTable table;
    CHECK_FALSE(add(table, piece(1, 8, true, ByteVector(16, 'b')), 1));
    CHECK_FALSE(add(table, piece(1, 0, true, ByteVector(16, 'a')), 2));  // 8 of its bytes are there, and differ
    CHECK(table.overlap_count() == 1);
    CHECK(table.conflict_size() == 8);
    const auto whole = add(table, piece(1, 16, false, ByteVector(12, 'c')), 3);
    REQUIRE(whole);
    CHECK(join({whole->packet.payload}) == join({ByteVector(8, 'a'), ByteVector(16, 'b'), ByteVector(4, 'c')}));
    CHECK(table.overlap_count() == 2);
    CHECK(table.conflict_size() == 16);
}

TEST_CASE("fragments: one that spans several holes fills them all", "[ip]") {
    ip::FragmentTable table;
    CHECK_FALSE(add(table, piece(1, 8, true, ByteVector(8, 'b')), 1));
    CHECK_FALSE(add(table, piece(1, 24, true, ByteVector(8, 'd')), 2));
    CHECK_FALSE(add(table, piece(1, 40, false, ByteVector(1, 'f')), 3));
    const auto whole = add(table, piece(1, 0, true, ByteVector(40, 'x')), 4);
    REQUIRE(whole);
    const std::string text{whole->packet.payload.begin(), whole->packet.payload.end()};
    CHECK(text == "xxxxxxxxbbbbbbbbxxxxxxxxddddddddxxxxxxxxf");
}

TEST_CASE("fragments: ids, protocols and addresses keep datagrams apart", "[ip]") {
    ip::FragmentTable table;
    CHECK_FALSE(add(table, piece(1, 0, true, ByteVector(8, 1)), 1));
    CHECK_FALSE(add(table, piece(2, 8, false, ByteVector(8, 2)), 2));
    CHECK_FALSE(
        add(table,
            ip_packet(v4_ends.destination, v4_ends.source, 17, ByteVector(8, 3), {.id = 1, .fragment_offset = 8}), 3));
    CHECK_FALSE(
        add(table, ip_packet(v4_ends.source, v4_ends.destination, 6, ByteVector(8, 3), {.id = 1, .fragment_offset = 8}),
            4));
    CHECK(table.size() == 4);
    const auto whole = add(table, piece(1, 8, false, ByteVector(8, 4)), 5);
    REQUIRE(whole);
    CHECK(whole->packets == std::vector<std::uint64_t>{1, 5});
}

TEST_CASE("fragments: a snaplen cut ends the payload and leaves its size", "[ip]") {
    ip::FragmentTable table;
    const ByteVector first = piece(1, 0, true, ByteVector(64, 1));
    CHECK_FALSE(add(table, head(first, 20 + 40), 1));  // 40 of 64 bytes captured
    const auto whole = add(table, piece(1, 64, false, ByteVector(10, 2)), 2);
    REQUIRE(whole);
    CHECK(whole->packet.payload.size() == 40);
    CHECK(whole->packet.payload_size == 74);
}

TEST_CASE("fragments: bytes behind the end do not make up for missing ones", "[ip]") {
    ip::FragmentTable table;
    CHECK_FALSE(add(table, piece(1, 16, true, ByteVector(24, 9)), 1));
    CHECK_FALSE(add(table, piece(1, 8, false, ByteVector(8, 2)), 2));  // the datagram ends at 16; 0..8 is missing
    const auto whole = add(table, piece(1, 0, true, ByteVector(8, 1)), 3);
    REQUIRE(whole);
    CHECK(whole->packet.payload.size() == 16);
}

TEST_CASE("fragments: impossible ones are refused", "[ip]") {
    ip::FragmentTable table;
    CHECK_FALSE(add(table, piece(1, 0, true, ByteVector(7, 1)), 1));          // not the last, and no multiple of 8
    CHECK_FALSE(add(table, piece(1, 8, true, {}), 2));                        // nothing in it
    CHECK_FALSE(add(table, piece(1, 65'528, false, ByteVector(100, 1)), 3));  // ends beyond 65535 ("ping of death")
    CHECK_FALSE(add(table, ip_packet(v4_ends.source, v4_ends.destination, 17, ByteVector(8, 1)), 4));  // no fragment
    CHECK(table.malformed_count() == 4);
    CHECK(table.size() == 0);
}

TEST_CASE("fragments: what stays incomplete is forgotten after the timeout", "[ip]") {
    ip::FragmentTable table;
    CHECK_FALSE(add(table, piece(1, 0, true, ByteVector(8, 1)), 1, {0}));
    CHECK_FALSE(add(table, piece(2, 0, true, ByteVector(8, 1)), 2, {50 * second_ns}));
    CHECK_FALSE(add(table, piece(3, 0, true, ByteVector(8, 1)), 3, {61 * second_ns}));
    CHECK(table.size() == 2);
    CHECK(table.evicted_count() == 1);
    CHECK_FALSE(add(table, piece(1, 8, false, ByteVector(8, 1)), 4, {61 * second_ns}));
    CHECK(add(table, piece(2, 8, false, ByteVector(8, 1)), 5, {61 * second_ns}));
    // Times that go backwards, and as far as 64 bits allow, harm nothing.
    CHECK_FALSE(add(table, piece(4, 0, true, ByteVector(8, 1)), 6, {std::numeric_limits<std::int64_t>::min()}));
    CHECK_FALSE(add(table, piece(5, 0, true, ByteVector(8, 1)), 7, {std::numeric_limits<std::int64_t>::max()}));
}

TEST_CASE("fragments: memory stays within its limit, the oldest make room", "[ip]") {
    ip::FragmentTable table{{.memory_size = 100'000}};
    for (std::uint32_t id = 0; id < 5000; ++id) {
        CHECK_FALSE(add(table, piece(id, 8, true, ByteVector(1000, 1)), id));
        REQUIRE(table.memory_size() <= 100'000);
    }
    CHECK(table.size() > 30);
    CHECK(table.evicted_count() == 5000 - table.size());
    CHECK(add(table, piece(4999, 0, true, ByteVector(8, 1)), 6000).has_value() == false);
    CHECK(add(table, piece(4999, 1008, false, ByteVector(8, 1)), 6001).has_value());
    CHECK_FALSE(add(table, piece(0, 0, true, ByteVector(8, 1)), 6002));
    CHECK_FALSE(add(table, piece(0, 1008, false, ByteVector(8, 1)), 6003));  // its first part went long ago
}

TEST_CASE("fragments: one datagram in endless pieces evicts itself", "[ip]") {
    ip::FragmentTable table{{.memory_size = 20'000}};
    for (std::uint16_t i = 0; i < 2000; ++i) {
        CHECK_FALSE(add(table, piece(1, static_cast<std::uint16_t>(16 + i % 4000 * 16), true, ByteVector(8, 1)), i));
        REQUIRE(table.memory_size() <= 20'000);
    }
    CHECK(table.evicted_count() > 0);
}

TEST_CASE("fragments: extension headers and a tunnel inside are gone through", "[ip]") {
    const ByteVector content(30, 0x11);
    // Destination options in the fragmentable part (RFC 8200 4.5), then UDP.
    const ByteVector payload = join({test::bytes({17, 0, 1, 4, 0, 0, 0, 0}), content});
    ip::FragmentTable table;
    std::optional<ip::Reassembled> whole;
    for (const auto& packet : ip_fragments(v6_ends.source, v6_ends.destination, 60, payload, 5, 16))
        whole = add(table, packet, 1);
    REQUIRE(whole);
    CHECK(whole->packet.protocol == 17);
    CHECK(join({whole->packet.payload}) == content);

    const ByteVector inner = ip_packet(test::ip("192.0.2.77"), test::ip("192.0.2.10"), 6, content);
    const ByteVector gre = join({test::bytes({0, 0, 0x08, 0x00}), inner});
    for (const auto& packet : ip_fragments(v4_ends.source, v4_ends.destination, 47, gre, 6, 16))
        whole = add(table, packet, 1);
    REQUIRE(whole);
    CHECK(whole->packet.tunnel_depth == 1);
    CHECK(to_string(whole->packet.source) == "192.0.2.77");
    CHECK(join({whole->packet.payload}) == content);
}
