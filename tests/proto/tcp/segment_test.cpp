#include <catch2/catch.hpp>

#include <random>

#include "libdiag/proto/ip/ip.h"
#include "libdiag/proto/tcp/describe.h"
#include "libdiag/proto/tcp/segment.h"
#include "tests/support/exact_buffer.h"
#include "tests/support/packet_builder.h"

using namespace diag;
using namespace diag::test;

namespace {

// RFC 9293 3.1, one field a line.
const ByteVector by_hand = join({
    test::bytes({0x82, 0x66}),              // source port 33382
    test::bytes({0x06, 0x98}),              // destination port 1688
    test::bytes({0x77, 0xe5, 0x8e, 0xcc}),  // sequence number
    test::bytes({0x00, 0x00, 0x00, 0x2a}),  // acknowledgment number
    test::bytes({0x60}),                    // data offset 6: 24 bytes
    test::bytes({0x19}),                    // ACK, PSH, FIN
    test::bytes({0xff, 0xd7}),              // window 65495
    test::bytes({0x00, 0x00}),              // checksum
    test::bytes({0x00, 0x00}),              // urgent pointer
    test::bytes({0x02, 0x04, 0x05, 0xb4}),  // option: MSS 1460
    bytes_of("hello"),
});

const Node* find(const Node& parent, std::string_view key) {
    for (const Node& child : parent.children)
        if (child.key == key) return &child;
    return nullptr;
}

}  // namespace

TEST_CASE("TCP: every field of a hand-written segment", "[tcp]") {
    const auto segment = tcp::decode_segment(by_hand, 29);
    REQUIRE(segment);
    CHECK(segment->source_port == 33382);
    CHECK(segment->destination_port == 1688);
    CHECK(segment->sequence == 0x77e58ecc);
    CHECK(segment->acknowledgment == 42);
    CHECK(segment->flags == (tcp::flag::ack | tcp::flag::psh | tcp::flag::fin));
    CHECK(segment->has(tcp::flag::fin));
    CHECK_FALSE(segment->has(tcp::flag::syn));
    CHECK(segment->header_size == 24);
    CHECK(segment->window == 65495);
    CHECK(join({segment->options}) == test::bytes({2, 4, 5, 0xb4}));
    CHECK(join({segment->payload}) == join({bytes_of("hello")}));
    CHECK(segment->payload_size == 5);
    CHECK(segment->end_sequence() == 0x77e58ecc + 5 + 1);
}

TEST_CASE("TCP: the end of the sequence wraps around", "[tcp]") {
    const Endpoint a = endpoint("192.0.2.1", 1), b = endpoint("192.0.2.2", 2);
    const ByteVector segment = tcp_segment(a, b, {.sequence = 0xffffffff, .flags = tcp::flag::syn}, test::bytes({1}));
    CHECK(tcp::decode_segment(segment, 21)->end_sequence() == 1);
}

TEST_CASE("TCP: a cut below 20 bytes is truncated, one behind them keeps both sizes", "[tcp]") {
    REQUIRE(by_hand.size() == 29);
    for (std::size_t n = 0; n <= 29; ++n) {
        const ExactBuffer cut{by_hand, n};
        const auto segment = tcp::decode_segment(cut.bytes(), 29);
        CAPTURE(n);
        REQUIRE(segment.has_value() == (n >= 20));
        if (!segment) {
            CHECK(segment.error().kind == WireError::Kind::truncated);
            continue;
        }
        CHECK(segment->options.size() == std::min<std::size_t>(4, n - 20));
        CHECK(segment->payload.size() == (n > 24 ? n - 24 : 0));
        CHECK(segment->payload_size == 5);
    }
}

TEST_CASE("TCP: header lengths below 20 bytes or beyond the packet are malformed", "[tcp]") {
    ByteVector bytes = join({by_hand});
    for (unsigned offset = 0; offset < 16; ++offset) {
        bytes[12] = static_cast<std::uint8_t>(offset << 4U);
        const auto segment = tcp::decode_segment(bytes, 29);
        CAPTURE(offset);
        CHECK(segment.has_value() == (offset >= 5 && offset * 4 <= 29));
        if (!segment) CHECK(segment.error().kind == WireError::Kind::malformed);
    }
}

TEST_CASE("TCP: encode is what an independent builder makes, and decodes to itself", "[tcp]") {
    std::mt19937_64 random{5};
    for (int round = 0; round < 300; ++round) {
        const bool is_v6 = round % 2 == 1;
        const Endpoint from = endpoint(is_v6 ? "2001:db8::1" : "192.0.2.1", static_cast<std::uint16_t>(random()));
        const Endpoint to = endpoint(is_v6 ? "2001:db8::2" : "192.0.2.2", static_cast<std::uint16_t>(random()));
        const ByteVector options((random() % 11) * 4, 1);
        ByteVector content(random() % 200);
        for (auto& byte : content) byte = static_cast<std::uint8_t>(random());
        const test::TcpFields fields{.sequence = static_cast<std::uint32_t>(random()),
                                     .acknowledgment = static_cast<std::uint32_t>(random()),
                                     .flags = static_cast<std::uint8_t>(random()),
                                     .window = static_cast<std::uint16_t>(random()),
                                     .options = options};
        const tcp::Header header{.source_port = from.port,
                                 .destination_port = to.port,
                                 .sequence_number = fields.sequence,
                                 .acknowledgment_number = fields.acknowledgment,
                                 .flags = fields.flags,
                                 .window = fields.window};
        const ByteVector encoded = tcp::encode_segment(from.ip, to.ip, header, options, content);
        CAPTURE(round);
        REQUIRE(encoded == tcp_segment(from, to, fields, content));

        const auto segment = tcp::decode_segment(encoded, static_cast<std::uint32_t>(encoded.size()));
        REQUIRE(segment);
        CHECK(segment->sequence == header.sequence_number);
        CHECK(segment->acknowledgment == header.acknowledgment_number);
        CHECK(segment->flags == header.flags);
        CHECK(segment->window == header.window);
        CHECK(join({segment->options}) == options);
        CHECK(join({segment->payload}) == content);
    }
}

TEST_CASE("TCP: the tree names flags and options and keeps byte ranges", "[tcp]") {
    const Node node = tcp::describe_segment(by_hand, 29, 34);
    CHECK(node.offset == 34);
    CHECK(node.size == 24);
    CHECK(find(node, "flags")->value == "0x19");
    CHECK(find(node, "flags")->meaning == "FIN, PSH, ACK");
    CHECK(find(node, "data_offset")->meaning == "24 bytes");
    CHECK(find(node, "destination_port")->offset == 36);
    const Node* options = find(node, "options");
    REQUIRE(options);
    CHECK(options->offset == 54);
    REQUIRE(options->children.size() == 1);
    CHECK(options->children[0].label == "Maximum segment size");
    CHECK(options->children[0].value == "1460");
    CHECK(options->children[0].size == 4);
}

TEST_CASE("TCP: the tree of damaged headers says what is wrong", "[tcp]") {
    CHECK(tcp::describe_segment(head(by_hand, 11), 29, 34).meaning == "truncated");
    ByteVector bytes = join({by_hand});
    bytes[12] = 0x10;
    CHECK(tcp::describe_segment(bytes, 29, 34).meaning == "header length is wrong");
}

TEST_CASE("TcpScript: numbers, flags and times are those of a conversation", "[tcp]") {
    TcpScript script{{.client = endpoint("192.0.2.77", 40'000),
                      .host = endpoint("192.0.2.10", 1688),
                      .client_isn = 0xfffffffe,
                      .vlan_ids = {42}}};
    script.handshake()
        .send(Side::client, ByteVector(250, 1), 100)
        .ack(Side::host)
        .fin(Side::client)
        .fin(Side::host)
        .ack(Side::client);
    REQUIRE(script.packets.size() == 10);
    std::uint32_t next[2] = {0xfffffffe, 500'000};
    std::size_t client_size = 0;
    for (std::size_t i = 0; i < script.packets.size(); ++i) {
        const TestPacket& test_packet = script.packets[i];
        const auto packet = ip::decode_packet(view_of(test_packet.frame));
        REQUIRE(packet);
        const auto segment = tcp::decode_segment(packet->payload, packet->payload_size);
        REQUIRE(segment);
        const std::size_t side = segment->source_port == 1688 ? 1 : 0;
        CAPTURE(i);
        CHECK(segment->sequence == next[side]);
        if (segment->has(tcp::flag::ack)) CHECK(segment->acknowledgment == next[1 - side]);
        next[side] = segment->end_sequence();
        if (side == 0) client_size += segment->payload.size();
        if (i > 0) CHECK(test_packet.time.ns - script.packets[i - 1].time.ns == 1'000'000);
    }
    CHECK(client_size == 250);
    CHECK(next[0] == script.next_sequence(Side::client));
    CHECK(next[1] == 500'000 + 2);
}
