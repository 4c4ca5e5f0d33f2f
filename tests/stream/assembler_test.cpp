#include "libdiag/stream/assembler.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>
#include <random>

using namespace diag;
using stream::Assembler;

namespace {

ByteVector numbers(std::size_t count) {
    ByteVector bytes(count);
    for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
    return bytes;
}

void add(Assembler& a, std::uint32_t sequence, Bytes bytes, std::uint64_t packet = 1) {
    a.add({.sequence = sequence,
           .payload = bytes,
           .payload_size = static_cast<std::uint32_t>(bytes.size()),
           .packet = packet});
}

ByteVector joined(const stream::Flat& flat) {
    ByteVector bytes;
    for (const auto& run : flat.runs) bytes.insert(bytes.end(), run.bytes.begin(), run.bytes.end());
    return bytes;
}

}  // namespace

TEST_CASE("assembler: bytes that arrive in order are one run", "[stream]") {
    const auto bytes = numbers(300);
    Assembler a;
    a.set_start(1000);
    add(a, 1000, Bytes{bytes}.first(100));
    add(a, 1100, Bytes{bytes}.subspan(100));
    const auto flat = a.flatten();
    REQUIRE(flat.runs.size() == 1);
    CHECK(joined(flat) == bytes);
    CHECK(flat.gaps.empty());
    CHECK(flat.start_known);
    CHECK(ByteVector(a.prefix().begin(), a.prefix().end()) == bytes);
}

TEST_CASE(
    "assembler: any order, duplication and overlap gives the bytes that were sent, also across sequence wrap-around",
    "[stream][property]") {
    std::mt19937_64 random{20261123};
    const auto bytes = numbers(4000);
    for (int round = 0; round < 200; ++round) {
        const auto isn = round % 2 == 0 ? static_cast<std::uint32_t>(0U - 2000U) : static_cast<std::uint32_t>(random());
        struct Cut {
            std::size_t offset, size;
        };
        std::vector<Cut> cuts;
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t size = std::min<std::size_t>(1 + random() % 400, bytes.size() - at);
            cuts.push_back({at, size});
            if (random() % 4 == 0) cuts.push_back({at, size});                             // duplicate
            if (random() % 4 == 0 && at > 50) cuts.push_back({at - random() % 50, size});  // overlap
            at += size;
        }
        std::shuffle(cuts.begin(), cuts.end(), random);
        Assembler a;
        const bool late_start = round % 3 == 0;  // the SYN itself is captured last
        if (!late_start) a.set_start(isn);
        for (const auto& cut : cuts)
            add(a, isn + static_cast<std::uint32_t>(cut.offset), Bytes{bytes}.subspan(cut.offset, cut.size));
        if (late_start) a.set_start(isn);
        const auto flat = a.flatten();
        CAPTURE(round, isn);
        REQUIRE(flat.runs.size() == 1);
        REQUIRE(flat.runs.front().offset == 0);
        REQUIRE(joined(flat) == bytes);
        REQUIRE(flat.gaps.empty());
        REQUIRE(a.conflict_size() == 0);
    }
}

TEST_CASE("assembler: without a SYN the lowest sequence number begins the stream", "[stream]") {
    const auto bytes = numbers(60);
    Assembler a;
    add(a, 5040, Bytes{bytes}.subspan(40));
    add(a, 5000, Bytes{bytes}.first(40));
    const auto flat = a.flatten();
    CHECK(joined(flat) == bytes);
    CHECK_FALSE(flat.start_known);
}

TEST_CASE("assembler: a lost segment is a gap of its size, an acknowledged tail too", "[stream]") {
    const auto bytes = numbers(300);
    Assembler a;
    a.set_start(1);
    add(a, 1, Bytes{bytes}.first(100));
    add(a, 201, Bytes{bytes}.subspan(200));
    a.set_acknowledged(351);
    const auto flat = a.flatten();
    REQUIRE(flat.runs.size() == 2);
    REQUIRE(flat.gaps.size() == 2);
    CHECK(flat.gaps[0].offset == 100);
    CHECK(flat.gaps[0].size == 100);
    CHECK_FALSE(flat.gaps[0].cut);
    CHECK(flat.gaps[1].offset == 300);
    CHECK(flat.gaps[1].size == 50);
}

TEST_CASE("assembler: what the other side confirms of a direction that was never seen is a gap", "[stream]") {
    Assembler assembler;
    assembler.set_acknowledged(5000);
    CHECK(assembler.flatten().gaps.empty());
    assembler.set_acknowledged(5100);
    const stream::Flat unseen = assembler.flatten();
    REQUIRE(unseen.gaps.size() == 1);
    CHECK(unseen.gaps[0].offset == 0);
    CHECK(unseen.gaps[0].size == 100);
    // The SYN, when it comes late, says that 20 bytes more are missing in front.
    assembler.set_start(4980);
    const stream::Flat known = assembler.flatten();
    REQUIRE(known.gaps.size() == 1);
    CHECK(known.gaps[0].size == 120);
}

TEST_CASE("assembler: an acknowledgment of one byte behind the end may be a FIN and is no gap", "[stream]") {
    const auto bytes = numbers(10);
    Assembler a;
    a.set_start(1);
    add(a, 1, bytes);
    a.set_acknowledged(12);
    CHECK(a.flatten().gaps.empty());
}

TEST_CASE("assembler: what the capture cut off is a gap marked as cut, and a whole copy closes it", "[stream]") {
    const auto bytes = numbers(100);
    Assembler a;
    a.set_start(1);
    a.add({.sequence = 1, .payload = Bytes{bytes}.first(30), .payload_size = 100, .packet = 4});
    auto flat = a.flatten();
    REQUIRE(flat.gaps.size() == 1);
    CHECK(flat.gaps[0].cut);
    CHECK(flat.gaps[0].size == 70);
    add(a, 1, bytes, 5);
    flat = a.flatten();
    CHECK(flat.gaps.empty());
    CHECK(joined(flat) == bytes);
    CHECK(a.conflict_size() == 0);
}

TEST_CASE("assembler: on a conflict the first copy wins and the bytes that differ are counted", "[stream]") {
    const auto first = numbers(50);
    auto second = first;
    second[10] ^= 0xFF;
    second[20] ^= 0xFF;
    Assembler a;
    a.set_start(1);
    add(a, 1, first);
    add(a, 1, second);
    CHECK(joined(a.flatten()) == first);
    CHECK(a.conflict_size() == 2);
}

TEST_CASE("assembler: a keep-alive byte before the next sequence number is no conflict", "[stream]") {
    const auto bytes = numbers(50);
    const ByteVector garbage{0xAA};
    Assembler a;
    a.set_start(1);
    add(a, 1, bytes);
    add(a, 50, garbage);
    CHECK(joined(a.flatten()) == bytes);
    CHECK(a.conflict_size() == 0);
}

TEST_CASE("assembler: a keep-alive before the first byte brings no byte", "[stream]") {
    const ByteVector garbage{0xAA};
    Assembler a;
    a.set_start(1);
    add(a, 0, garbage);
    CHECK(a.flatten().runs.empty());
    CHECK(a.prefix().empty());
}

TEST_CASE("assembler: dropped bytes stay dropped and offsets keep their meaning", "[stream]") {
    const auto bytes = numbers(300);
    Assembler a;
    a.set_start(1);
    add(a, 1, Bytes{bytes}.first(200));
    a.drop_before(150);
    add(a, 1, Bytes{bytes}.first(200));  // a late retransmission
    add(a, 201, Bytes{bytes}.subspan(200));
    const auto flat = a.flatten();
    REQUIRE(flat.runs.size() == 1);
    CHECK(flat.runs.front().offset == 150);
    CHECK(joined(flat) == ByteVector(bytes.begin() + 150, bytes.end()));
    CHECK(flat.gaps.empty());
    CHECK_FALSE(flat.start_known);
}

TEST_CASE("assembler: each byte knows the packet that brought it first", "[stream]") {
    const auto bytes = numbers(30);
    Assembler a;
    a.set_start(1);
    add(a, 11, Bytes{bytes}.subspan(10, 10), 7);
    add(a, 1, bytes, 9);
    const auto flat = a.flatten();
    CHECK(flat.piece_at(0)->packet == 9);
    CHECK(flat.piece_at(15)->packet == 7);
    CHECK(flat.piece_at(29)->packet == 9);
    CHECK(flat.piece_at(-1) == nullptr);
}
