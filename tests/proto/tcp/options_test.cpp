#include <catch2/catch.hpp>

#include <random>

#include "libdiag/proto/tcp/options.h"
#include "tests/support/exact_buffer.h"
#include "tests/support/packet_builder.h"

using namespace diag;
using namespace diag::test;

namespace {

// As a Linux client sends them with its SYN; one option a line.
const ByteVector linux_syn = join({
    test::bytes({2, 4, 0xff, 0xc4}),                           // MSS 65476
    test::bytes({4, 2}),                                       // SACK permitted
    test::bytes({8, 10, 0x89, 0x83, 0xf2, 0x1a, 0, 0, 0, 0}),  // timestamps 2307125786, 0
    test::bytes({1}),                                          // NOP
    test::bytes({3, 3, 10}),                                   // window scale 10
});

}  // namespace

TEST_CASE("TCP options: those of a SYN", "[tcp]") {
    const auto decoded = tcp::decode_options(linux_syn);
    CHECK_FALSE(decoded.error);
    CHECK(decoded.options.maximum_segment_size == 65476);
    CHECK(decoded.options.sack_permitted);
    CHECK(decoded.options.timestamps == tcp::Timestamps{0x8983f21a, 0});
    CHECK(decoded.options.window_scale == 10);
    CHECK(decoded.options.sack_count == 0);
}

TEST_CASE("TCP options: SACK blocks", "[tcp]") {
    const auto decoded =
        tcp::decode_options(test::bytes({1, 1, 5, 18, 0, 0, 0, 100, 0, 0, 0, 200, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 5}));
    CHECK_FALSE(decoded.error);
    REQUIRE(decoded.options.sack_count == 2);
    CHECK(decoded.options.sack_blocks[0] == tcp::SackBlock{100, 200});
    CHECK(decoded.options.sack_blocks[1] == tcp::SackBlock{0xffffffff, 5});
}

TEST_CASE("TCP options: unknown kinds are skipped, the end ends", "[tcp]") {
    const auto decoded = tcp::decode_options(test::bytes({30, 4, 1, 2, 2, 4, 5, 0xb4, 0, 3, 3, 7}));
    CHECK_FALSE(decoded.error);
    CHECK(decoded.options.maximum_segment_size == 1460);
    CHECK_FALSE(decoded.options.window_scale);
}

TEST_CASE("TCP options: a length below 2 is malformed and keeps what stood before it", "[tcp]") {
    for (const unsigned length : {0U, 1U}) {
        const auto decoded = tcp::decode_options(test::bytes({2, 4, 5, 0xb4, 8, length, 1, 1}));
        REQUIRE(decoded.error);
        CHECK(decoded.error->kind == WireError::Kind::malformed);
        CHECK(decoded.options.maximum_segment_size == 1460);
        CHECK_FALSE(decoded.options.timestamps);
    }
}

TEST_CASE("TCP options: a known kind of another size is left out", "[tcp]") {
    const auto decoded = tcp::decode_options(test::bytes({2, 3, 9, 3, 4, 7, 7, 8, 2, 5, 7, 1, 2, 3, 4, 5}));
    CHECK_FALSE(decoded.error);
    CHECK(decoded.options == tcp::Options{});
}

TEST_CASE("TCP options: every cut ends as truncated or between two options", "[tcp]") {
    const std::size_t boundaries[] = {0, 4, 6, 16, 17, 20};
    for (std::size_t n = 0; n <= linux_syn.size(); ++n) {
        const ExactBuffer cut{linux_syn, n};
        const auto decoded = tcp::decode_options(cut.bytes());
        const bool is_boundary = std::find(std::begin(boundaries), std::end(boundaries), n) != std::end(boundaries);
        CAPTURE(n);
        CHECK(decoded.error.has_value() == !is_boundary);
        if (decoded.error) CHECK(decoded.error->kind == WireError::Kind::truncated);
    }
}

TEST_CASE("TCP options: decode(encode(x)) is x", "[tcp]") {
    std::mt19937_64 random{6};
    for (int round = 0; round < 1000; ++round) {
        tcp::Options options;
        if (random() % 2 != 0) options.maximum_segment_size = static_cast<std::uint16_t>(random());
        if (random() % 2 != 0) options.window_scale = static_cast<std::uint8_t>(random());
        options.sack_permitted = random() % 2 != 0;
        if (random() % 2 != 0)
            options.timestamps =
                tcp::Timestamps{static_cast<std::uint32_t>(random()), static_cast<std::uint32_t>(random())};
        options.sack_count = random() % 3;
        for (std::size_t i = 0; i < options.sack_count; ++i)
            options.sack_blocks[i] = {static_cast<std::uint32_t>(random()), static_cast<std::uint32_t>(random())};
        const ByteVector encoded = tcp::encode_options(options);
        CHECK(encoded.size() % 4 == 0);
        const auto decoded = tcp::decode_options(encoded);
        CHECK_FALSE(decoded.error);
        CHECK(decoded.options == options);
    }
}
