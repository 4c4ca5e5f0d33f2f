#include <sys/resource.h>
#include <unistd.h>
#include <csignal>

#include <catch2/catch.hpp>
#include <random>

#include "libdiag/capture/reader.h"
#include "libdiag/capture/spool.h"
#include "libdiag/capture/writer.h"
#include "tests/capture/capture_bytes.h"
#include "tests/capture/temp_folder.h"
#include "tests/support/pcap_file.h"

using namespace diag;
using namespace diag::test;
using capture::CaptureWriter;
using Kind = capture::CaptureError::Kind;

namespace {

PacketView view_of(const Packet& packet) {
    return {.number = packet.number,
            .time = {packet.time_ns},
            .fraction_digits = static_cast<std::uint8_t>(packet.fraction_digits),
            .link_type = LinkType{packet.link_type},
            .original_size = packet.original_size,
            .data = packet.data};
}

/// Packets that any format can hold as they are: times in microseconds where the precision says so.
std::vector<Packet> some_packets(std::size_t count, std::vector<std::uint32_t> link_types,
                                 std::vector<unsigned> digits) {
    std::mt19937_64 random{20'261'123};
    std::vector<Packet> out(count);
    for (std::size_t i = 0; i < count; ++i) {
        Packet& packet = out[i];
        packet.number = i + 1;
        packet.link_type = link_types[random() % link_types.size()];
        packet.fraction_digits = digits[random() % digits.size()];
        packet.data = pattern(random() % 1600, static_cast<unsigned>(i));
        packet.original_size = static_cast<std::uint32_t>(packet.data.size() + random() % 3 * 100);
        packet.time_ns = static_cast<std::int64_t>(random() % 4'000'000'000'000'000'000);
        if (packet.fraction_digits <= 6) packet.time_ns -= packet.time_ns % 1000;
    }
    return out;
}

CaptureWriter::Format write_file(const std::string& path, const std::vector<Packet>& packets) {
    auto writer = CaptureWriter::create(path);
    REQUIRE(writer);
    for (const Packet& packet : packets) REQUIRE(writer->write(view_of(packet)));
    REQUIRE(writer->close());
    CHECK(writer->packet_count() == packets.size());
    return writer->format();
}

}  // namespace

TEST_CASE("writer: what is written is what is read back", "[capture][writer]") {
    struct Case {
        const char *name, *file;
        std::vector<std::uint32_t> link_types;
        std::vector<unsigned> digits;
        CaptureWriter::Format format;
    };
    const Case cases[] = {
        {"pcap, microseconds", "a.pcap", {1}, {6}, CaptureWriter::Format::pcap},
        {"pcap, nanoseconds, raw IP", "b.cap", {101}, {9}, CaptureWriter::Format::pcap},
        {"pcapng by name", "c.pcapng", {276}, {6}, CaptureWriter::Format::pcapng},
        {"pcapng, several link types and resolutions",
         "d.pcapng",
         {1, 113, 101},
         {6, 9},
         CaptureWriter::Format::pcapng},
    };
    const TempFolder folder;
    for (const Case& c : cases) {
        CAPTURE(c.name);
        const auto packets = some_packets(500, c.link_types, c.digits);
        CHECK(write_file(folder.path(c.file), packets) == c.format);
        const auto contents = read_file(folder.path(c.file));
        CHECK_FALSE(contents.damage);
        CHECK(contents.packets == packets);
    }
}

TEST_CASE("writer: a copy of each bundled capture has the same packets", "[capture][writer]") {
    const TempFolder folder;
    for (const std::string& path : capture_paths()) {
        for (const char* name : {"copy.pcap", "copy.pcapng"}) {
            CAPTURE(path, name);
            const auto packets = read_file(path).packets;
            write_file(folder.path(name), packets);
            CHECK(read_file(folder.path(name)).packets == packets);
        }
    }
}

TEST_CASE("writer: contents of several link types make it pcapng whatever the name", "[capture][writer]") {
    const TempFolder folder;
    auto writer = CaptureWriter::create(folder.path("x.pcap"));
    REQUIRE(writer);
    REQUIRE(writer->begin({.link_types = {LinkType::ethernet, LinkType::linux_sll}}));
    CHECK(writer->format() == CaptureWriter::Format::pcapng);
}

TEST_CASE("writer: a packet of a link type that a begun pcap cannot hold is refused, and the others are kept",
          "[capture][writer]") {
    const TempFolder folder;
    const auto packets = some_packets(2, {1}, {6});
    auto writer = CaptureWriter::create(folder.path("x.pcap"));
    REQUIRE(writer);
    REQUIRE(writer->write(view_of(packets[0])));
    Packet other = packets[0];
    other.link_type = 113;
    const auto written = writer->write(view_of(other));
    REQUIRE_FALSE(written);
    CHECK(written.error().kind == Kind::unsupported);
    CHECK(written.error().message.find(".pcapng") != std::string::npos);
    REQUIRE(writer->write(view_of(packets[1])));
    REQUIRE(writer->close());
    CHECK(read_file(folder.path("x.pcap")).packets == packets);
}

TEST_CASE("writer: nothing written makes an empty capture", "[capture][writer]") {
    const TempFolder folder;
    for (const char* name : {"x.pcap", "x.pcapng"}) {
        CAPTURE(name);
        write_file(folder.path(name), {});
        const auto contents = read_file(folder.path(name));
        CHECK(contents.packets.empty());
        CHECK_FALSE(contents.damage);
    }
}

TEST_CASE("writer: an existing file is overwritten whole, but not before there is something to write",
          "[capture][writer]") {
    const TempFolder folder;
    const std::string path = folder.file("x.pcap", pattern(100'000));
    {
        auto unused = CaptureWriter::create(path);
        REQUIRE(unused);
    }
    CHECK(read_text(path).size() == 100'000);
    write_file(path, some_packets(3, {1}, {6}));
    CHECK(read_file(path).packets.size() == 3);
}

TEST_CASE("writer: a full disk is an error that says so, at a packet or at the end", "[capture][writer]") {
    const auto packets = some_packets(500, {1}, {6});
    auto writer = CaptureWriter::create("/dev/full");
    REQUIRE(writer);
    std::expected<void, capture::CaptureError> result;
    for (const Packet& packet : packets) {
        result = writer->write(view_of(packet));
        if (!result) break;
    }
    REQUIRE_FALSE(result);
    CHECK(result.error().message == "/dev/full: no space left on the device");
    CHECK_FALSE(writer->write(view_of(packets[0])));  // nothing follows it

    auto short_one = CaptureWriter::create("/dev/full");
    REQUIRE(short_one);
    REQUIRE(short_one->write(view_of(packets[0])));  // fits into the buffer
    const auto closed = short_one->close();
    REQUIRE_FALSE(closed);
    CHECK(closed.error().message == "/dev/full: no space left on the device");
}

TEST_CASE("writer: what cannot be made is one line that says why", "[capture][writer]") {
    const TempFolder folder;
    const auto missing = CaptureWriter::create(folder.path("no/such/folder.pcap"));
    REQUIRE_FALSE(missing);
    CHECK(missing.error().kind == Kind::not_found);
    const auto directory = CaptureWriter::create(folder.path());
    REQUIRE_FALSE(directory);
    CHECK(directory.error().kind == Kind::is_directory);
}

TEST_CASE("writer: two names of one file are the same file", "[capture][writer]") {
    const TempFolder folder;
    const std::string path = folder.file("x.pcap", {});
    CHECK(capture::is_same_file(path, folder.path("./x.pcap")));
    CHECK_FALSE(capture::is_same_file(path, folder.file("y.pcap", {})));
    CHECK_FALSE(capture::is_same_file(path, folder.path("missing")));
}

TEST_CASE("spool: replay gives the packets of the chosen owners in their order", "[capture][spool]") {
    const TempFolder folder;
    auto spool = capture::PacketSpool::create(folder.path());
    REQUIRE(spool);
    CHECK(std::filesystem::is_empty(folder.path()));  // the file has no name
    const auto packets = some_packets(2000, {1, 113}, {6, 9});
    std::vector<Packet> chosen;
    for (const Packet& packet : packets) {
        const std::uint64_t owner = packet.number % 7;
        REQUIRE(spool->append(view_of(packet), owner));
        if (owner == 2 || owner == 5) chosen.push_back(packet);
    }
    for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i].number = i + 1;  // counted anew in the new file
    for (int round = 0; round < 2; ++round) {                                  // a replay consumes nothing
        auto writer = CaptureWriter::create(folder.path("out.pcap"));
        REQUIRE(writer);
        const auto count = spool->replay({2, 5, 1000}, *writer);
        REQUIRE(count);
        CHECK(*count == chosen.size());
        REQUIRE(writer->close());
        CHECK(writer->format() == CaptureWriter::Format::pcapng);
        CHECK(read_file(folder.path("out.pcap")).packets == chosen);
    }
}

TEST_CASE("spool: the output is as simple as the chosen packets allow", "[capture][spool]") {
    const TempFolder folder;
    auto spool = capture::PacketSpool::create(folder.path());
    REQUIRE(spool);
    for (const Packet& packet : some_packets(50, {1}, {6})) REQUIRE(spool->append(view_of(packet), 1));
    for (const Packet& packet : some_packets(50, {113}, {9})) REQUIRE(spool->append(view_of(packet), 2));
    auto writer = CaptureWriter::create(folder.path("out.pcap"));
    REQUIRE(writer);
    REQUIRE(spool->replay({1}, *writer));
    REQUIRE(writer->close());
    CHECK(writer->format() == CaptureWriter::Format::pcap);
    CHECK(read_file(folder.path("out.pcap")).packets == some_packets(50, {1}, {6}));
}

TEST_CASE("spool: appending after a replay goes on at the end", "[capture][spool]") {
    const TempFolder folder;
    auto spool = capture::PacketSpool::create(folder.path());
    REQUIRE(spool);
    const auto packets = some_packets(300, {1}, {6});
    for (std::size_t i = 0; i < packets.size(); ++i) {
        REQUIRE(spool->append(view_of(packets[i]), 1));
        if (i != 150) continue;
        auto early = CaptureWriter::create(folder.path("early.pcap"));
        REQUIRE(early);
        CHECK(*spool->replay({1}, *early) == 151);
    }
    auto writer = CaptureWriter::create(folder.path("out.pcap"));
    REQUIRE(writer);
    CHECK(*spool->replay({1}, *writer) == 300);
    REQUIRE(writer->close());
    CHECK(read_file(folder.path("out.pcap")).packets == packets);
}

TEST_CASE("spool: no room for it is an error that names the folder and TMPDIR", "[capture][spool]") {
    const TempFolder folder;
    const auto missing = capture::PacketSpool::create(folder.path("missing"));
    REQUIRE_FALSE(missing);
    CHECK(missing.error().message.find("TMPDIR") != std::string::npos);

    auto spool = capture::PacketSpool::create(folder.path());
    REQUIRE(spool);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{.rlim_cur = 100'000, .rlim_max = before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    std::expected<void, capture::CaptureError> result;
    const auto packets = some_packets(500, {1}, {6});
    for (const Packet& packet : packets) {
        result = spool->append(view_of(packet), 1);
        if (!result) break;
    }
    const auto again = spool->append(view_of(packets[0]), 1);
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, old_handler);
    REQUIRE_FALSE(result);
    CHECK(result.error().message.find(folder.path()) != std::string::npos);
    CHECK(result.error().message.find("TMPDIR") != std::string::npos);
    CHECK_FALSE(again);
}
