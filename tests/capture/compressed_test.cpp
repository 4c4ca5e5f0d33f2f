#include <catch2/catch.hpp>

#include "libdiag/capture/reader.h"
#include "tests/capture/capture_bytes.h"
#include "tests/support/exact_buffer.h"

using namespace diag;
using namespace diag::test;

namespace {

struct Codec {
    const char* name;
    ByteVector (*compress)(Bytes);
};

constexpr Codec codecs[] = {{"gzip", gzip_of}, {"zstd", zstd_of}};

PcapBytes some_packets() {
    PcapBytes file;
    for (unsigned i = 0; i < 40; ++i) file.record(i, i, pattern(i * 11 % 97, i));
    return file;
}

ByteVector joined(const ByteVector& a, const ByteVector& b) {
    ByteVector out = a;
    out.insert(out.end(), b.begin(), b.end());
    return out;
}

}  // namespace

TEST_CASE("compressed: gzip and zstd twins of a capture give the same packets", "[capture][compressed]") {
    const auto file = some_packets();
    const auto plain = read_all(file.bytes());
    for (const Codec& codec : codecs) {
        CAPTURE(codec.name);
        const ByteVector small = codec.compress(file.bytes());
        auto reader = capture::CaptureReader::from_memory(small);
        REQUIRE(reader);
        const auto contents = read_all(*reader);
        CHECK(contents.packets == plain.packets);
        CHECK_FALSE(contents.damage);
        CHECK(reader->format() == std::string{"pcap, "} + codec.name);
        CHECK(reader->bytes_read() == small.size());
        CHECK(reader->total_size() == small.size());
    }
}

TEST_CASE("compressed: members and frames one after the other are one capture", "[capture][compressed]") {
    const auto file = some_packets();
    const auto plain = read_all(file.bytes());
    for (const Codec& codec : codecs) {
        CAPTURE(codec.name);
        for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{24}, std::size_t{777}}) {
            CAPTURE(cut);
            const auto both =
                joined(codec.compress(file.bytes().first(cut)), codec.compress(file.bytes().subspan(cut)));
            const auto contents = read_all(both);
            CHECK(contents.packets == plain.packets);
            CHECK_FALSE(contents.damage);
        }
    }
}

TEST_CASE("compressed: a stream cut at any byte gives whole packets, then damage at the record that is cut",
          "[capture][compressed]") {
    const auto file = some_packets();
    const auto plain = read_all(file.bytes());
    for (const Codec& codec : codecs) {
        const ByteVector small = codec.compress(file.bytes());
        for (std::size_t n = 0; n < small.size(); ++n) {
            CAPTURE(codec.name, n);
            const ExactBuffer cut{small, n};
            auto reader = capture::CaptureReader::from_memory(cut.bytes());
            if (!reader) {
                CHECK_FALSE(reader.error().message.empty());
                continue;
            }
            const auto contents = read_all(*reader);
            REQUIRE(contents.packets.size() <= plain.packets.size());
            CHECK(std::equal(contents.packets.begin(), contents.packets.end(), plain.packets.begin()));
            REQUIRE(contents.damage);
            // A cut inside the file header has offset 0, all others the end of the last whole record.
            const auto offset = contents.damage->offset;
            CHECK((offset == file.ends()[contents.packets.size()] || (offset == 0 && contents.packets.empty())));
            CHECK(contents.damage->what.find("cut off") != std::string::npos);
        }
    }
}

TEST_CASE("compressed: a wrong checksum is damage behind all the packets", "[capture][compressed]") {
    const auto file = some_packets();
    for (const Codec& codec : codecs) {
        CAPTURE(codec.name);
        ByteVector small = codec.compress(file.bytes());
        // gzip: CRC-32, then the size, 4 bytes each; zstd: the checksum is the last 4 bytes.
        small[small.size() - (std::string{"gzip"} == codec.name ? 8 : 4)] ^= 0x01;
        const auto contents = read_all(small);
        CHECK(contents.packets == read_all(file.bytes()).packets);
        REQUIRE(contents.damage);
        CHECK(contents.damage->offset == file.bytes().size());
        CHECK(contents.damage->what.find(codec.name) != std::string::npos);
    }
}

TEST_CASE("compressed: bytes behind the stream are damage, zeros behind gzip are padding", "[capture][compressed]") {
    const auto file = some_packets();
    const auto gzip = gzip_of(file.bytes());
    CHECK_FALSE(read_all(joined(gzip, ByteVector(1000))).damage);
    for (const ByteVector& tail : {ByteVector{1}, ByteVector{0, 0, 7}, ByteVector{0x1F, 0x8C, 8}, pattern(300, 9)}) {
        const auto contents = read_all(joined(gzip, tail));
        CHECK(contents.packets.size() == 40);
        REQUIRE(contents.damage);
        CHECK(contents.damage->offset == file.bytes().size());
    }
    const auto contents = read_all(joined(zstd_of(file.bytes()), pattern(30, 9)));
    CHECK(contents.packets.size() == 40);
    CHECK(contents.damage);
}

TEST_CASE("compressed: zstd skippable frames are skipped, before the data and behind it", "[capture][compressed]") {
    const ByteVector skippable = {0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'};
    const auto file = some_packets();
    const auto contents = read_all(joined(joined(skippable, zstd_of(file.bytes())), skippable));
    CHECK(contents.packets.size() == 40);
    CHECK_FALSE(contents.damage);
}

TEST_CASE("compressed: a zstd frame that needs a large window is an error that says so", "[capture][compressed]") {
    const ByteVector frame = {
        0x28, 0xB5, 0x2F, 0xFD,  // magic
        0x00,                    // frame header descriptor: no content size, a window descriptor follows
        0x88,                    // window: exponent 17, 2^27 bytes
        0x01, 0x00, 0x00,        // last block, raw, empty
    };
    const auto reader = capture::CaptureReader::from_memory(frame);
    REQUIRE_FALSE(reader);
    CHECK(reader.error().message.find("window of more than 8 MiB") != std::string::npos);
    CHECK(reader.error().message.find("zstd -d --long=31") != std::string::npos);
}

TEST_CASE("compressed: what is inside is named when it is no capture", "[capture][compressed]") {
    const ByteVector text = gzip_of(bytes_of("hello, this is a letter\n"));
    const auto reader = capture::CaptureReader::from_memory(text);
    REQUIRE_FALSE(reader);
    CHECK(reader.error().kind == capture::CaptureError::Kind::not_a_capture);
    CHECK(reader.error().message.find("inside gzip: it is a text file") != std::string::npos);
    const auto empty = capture::CaptureReader::from_memory(gzip_of({}));
    REQUIRE_FALSE(empty);
    CHECK(empty.error().kind == capture::CaptureError::Kind::empty);
}
