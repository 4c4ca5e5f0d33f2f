// The reader over real files and pipes: where the buffer is refilled and packets straddle its end.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "libdiag/capture/reader.h"
#include "tests/capture/capture_bytes.h"
#include "tests/capture/temp_folder.h"
#include "tests/support/pcap_file.h"

using namespace diag;
using namespace diag::test;

namespace {

/// Packets of all sizes, so that some of them straddle the end of every buffer.
PcapBytes large_file(std::uint32_t link_type, std::size_t largest, std::size_t count) {
    std::mt19937_64 random{4711};
    PcapBytes file{std::endian::little, 0xA1B23C4D, link_type};
    for (unsigned i = 0; i < count; ++i) file.record(i, i, pattern(random() % (largest + 1), i));
    return file;
}

}  // namespace

TEST_CASE("captures: every bundled capture has the packets that its ground truth counts", "[capture][files]") {
    for (const std::string& path : capture_paths()) {
        CAPTURE(path);
        const auto truth = boost::json::parse(read_text(path.substr(0, path.size() - 5) + ".expected.json"));
        const auto contents = read_file(path);
        CHECK(contents.packets.size() == truth.at("packets").to_number<std::size_t>());
        CHECK_FALSE(contents.damage);
    }
}

TEST_CASE("captures: an independent walk over the files finds the same packets", "[capture][files]") {
    for (const std::string& path : capture_paths()) {
        CAPTURE(path);
        const PcapFile walk{path};
        const auto contents = read_file(path);
        REQUIRE(contents.packets.size() == walk.packets().size());
        for (std::size_t i = 0; i < walk.packets().size(); ++i) {
            CAPTURE(i);
            const Packet other = own(walk.packets()[i]);
            CHECK(contents.packets[i].data == other.data);
            CHECK(contents.packets[i].time_ns == other.time_ns);
            CHECK(contents.packets[i].link_type == other.link_type);
            CHECK(contents.packets[i].original_size == other.original_size);
        }
    }
}

TEST_CASE("captures: gzip and zstd twins of every bundled capture are read alike", "[capture][files]") {
    for (const std::string& path : capture_paths()) {
        CAPTURE(path);
        const std::string text = read_text(path);
        const auto plain = read_file(path).packets;
        CHECK(read_all(gzip_of(bytes_of(text))).packets == plain);
        CHECK(read_all(zstd_of(bytes_of(text))).packets == plain);
    }
}

TEST_CASE("files: packets that straddle the end of the buffer come out whole", "[capture][files]") {
    const TempFolder folder;
    const auto file = large_file(1, 9000, 700);       // about 3 MiB
    const auto usb = large_file(220, 2'000'000, 12);  // larger than the buffer, which grows and returns
    for (const PcapBytes* bytes : {&file, &usb}) {
        const auto plain = read_all(bytes->bytes());
        const auto contents = read_file(folder.file("x.pcap", bytes->bytes()));
        CHECK(contents.packets == plain.packets);
        CHECK_FALSE(contents.damage);
        CHECK(read_file(folder.file("x.pcap.gz", gzip_of(bytes->bytes()))).packets == plain.packets);
        CHECK(read_file(folder.file("x.pcap.zst", zstd_of(bytes->bytes()))).packets == plain.packets);
    }
}

TEST_CASE("files: damage far behind the first buffer has its offset in the file", "[capture][files]") {
    const TempFolder folder;
    auto file = large_file(1, 9000, 700);
    file.raw_record(1, 1, 0xFFFFFFFF, 1, pattern(100));
    const std::uint64_t offset = file.ends()[700];
    for (const std::string& path : {folder.file("x.pcap", file.bytes()), folder.file("x.gz", gzip_of(file.bytes())),
                                    folder.file("x.zst", zstd_of(file.bytes()))}) {
        const auto contents = read_file(path);
        CHECK(contents.packets.size() == 700);
        REQUIRE(contents.damage);
        CHECK(contents.damage->offset == offset);
    }
}

TEST_CASE("files: pcapng blocks larger than the buffer are skipped or read", "[capture][files]") {
    const TempFolder folder;
    PcapngBytes file;
    file.section().interface(1).interface(220).block(10, pattern(3'000'001));
    file.enhanced(0, 1, pattern(200'000, 1))
        .block(4, pattern(299'999))
        .enhanced(1, 2, pattern(1'000'003, 2))
        .enhanced(0, 3, pattern(60));
    const auto contents = read_file(folder.file("x.pcapng", file.bytes()));
    CHECK(contents.packets == read_all(file.bytes()).packets);
    REQUIRE(contents.packets.size() == 3);
    CHECK(contents.packets[1].data == pattern(1'000'003, 2));
    CHECK_FALSE(contents.damage);
    // Cut in the middle of the large block that is skipped.
    const auto cut = read_file(folder.file("cut.pcapng", file.bytes().first(file.ends()[2] + 2'000'000)));
    REQUIRE(cut.damage);
    CHECK(cut.damage->offset == file.ends()[2]);
    CHECK(cut.damage->what == "the file ends inside a block, after 2000000 of 3000016 bytes");
}

TEST_CASE("files: a pipe that delivers in pieces of any size is read like a file", "[capture][files]") {
    const auto file = large_file(1, 3000, 300);
    for (const ByteVector& bytes : {ByteVector{file.bytes().begin(), file.bytes().end()}, gzip_of(file.bytes())}) {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        std::jthread writer{[&] {
            std::mt19937_64 random{99};
            for (std::size_t at = 0; at < bytes.size();) {
                const std::size_t size = std::min(bytes.size() - at, 1 + random() % 5000);
                if (::write(ends[1], bytes.data() + at, size) != static_cast<ssize_t>(size)) break;
                at += size;
            }
            ::close(ends[1]);
        }};
        auto reader = capture::CaptureReader::open("/dev/fd/" + std::to_string(ends[0]));
        REQUIRE(reader);
        CHECK_FALSE(reader->total_size());
        const auto contents = read_all(*reader);
        ::close(ends[0]);
        CHECK(contents.packets == read_all(file.bytes()).packets);
        CHECK_FALSE(contents.damage);
        CHECK(reader->bytes_read() == bytes.size());
    }
}

TEST_CASE("files: a packet is given as soon as its last byte has come", "[capture][files]") {
    PcapBytes file;
    file.record(1, 0, pattern(60)).record(2, 0, pattern(60));
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const std::size_t first_size = file.ends()[1];
    REQUIRE(::write(ends[1], file.bytes().data(), first_size) == static_cast<ssize_t>(first_size));
    auto reader = capture::CaptureReader::open("/dev/fd/" + std::to_string(ends[0]));
    REQUIRE(reader);
    PacketView packet;
    CHECK(reader->next(packet));  // would wait for ever if the reader wanted a full buffer
    CHECK(packet.number == 1);
    ::close(ends[1]);
    CHECK_FALSE(reader->next(packet));
    CHECK_FALSE(reader->damage());
    ::close(ends[0]);
}
