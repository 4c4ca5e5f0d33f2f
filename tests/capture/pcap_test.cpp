#include <catch2/catch.hpp>

#include "libdiag/capture/reader.h"
#include "tests/capture/capture_bytes.h"
#include "tests/support/exact_buffer.h"

using namespace diag;
using namespace diag::test;

namespace {

struct Flavour {
    const char* name;
    std::endian order;
    std::uint32_t magic;
    std::int64_t fraction_ns;
    unsigned digits;
};

constexpr Flavour flavours[] = {
    {"little-endian, microseconds", std::endian::little, 0xA1B2C3D4, 1000, 6},
    {"big-endian, microseconds", std::endian::big, 0xA1B2C3D4, 1000, 6},
    {"little-endian, nanoseconds", std::endian::little, 0xA1B23C4D, 1, 9},
    {"big-endian, nanoseconds", std::endian::big, 0xA1B23C4D, 1, 9},
    {"little-endian, modified", std::endian::little, 0xA1B2CD34, 1000, 6},
    {"big-endian, modified", std::endian::big, 0xA1B2CD34, 1000, 6},
};

}  // namespace

TEST_CASE("pcap: both byte orders and all magics give the same packets", "[capture][pcap]") {
    for (const Flavour& flavour : flavours) {
        CAPTURE(flavour.name);
        PcapBytes file{flavour.order, flavour.magic, 113};
        file.record(1'700'000'000, 123'456, pattern(60, 1)).raw_record(4'294'967'295, 999'999, 5, 1514, pattern(5, 2));
        const auto contents = read_all(file.bytes());
        CHECK_FALSE(contents.damage);
        REQUIRE(contents.packets.size() == 2);
        CHECK(contents.packets[0] == Packet{.number = 1,
                                            .time_ns = 1'700'000'000'000'000'000 + 123'456 * flavour.fraction_ns,
                                            .fraction_digits = flavour.digits,
                                            .link_type = 113,
                                            .original_size = 60,
                                            .data = pattern(60, 1)});
        CHECK(contents.packets[1] == Packet{.number = 2,
                                            .time_ns = 4'294'967'295'000'000'000 + 999'999 * flavour.fraction_ns,
                                            .fraction_digits = flavour.digits,
                                            .link_type = 113,
                                            .original_size = 1514,
                                            .data = pattern(5, 2)});
    }
}

TEST_CASE("pcap: a file cut at any byte gives each whole packet and the offset of the cut record", "[capture][pcap]") {
    for (const Flavour& flavour : flavours) {
        PcapBytes file{flavour.order, flavour.magic};
        for (unsigned i = 0; i < 4; ++i) file.record(i, i, pattern(i * 13, i));  // the first one has no bytes at all
        const auto whole = read_all(file.bytes()).packets;
        for (std::size_t n = 4; n <= file.bytes().size(); ++n) {
            CAPTURE(flavour.name, n);
            const ExactBuffer cut{file.bytes(), n};
            const auto contents = read_all(cut.bytes());
            std::size_t packet_count = 0;
            std::size_t boundary = 0;  // of the record that the cut is in
            for (std::size_t i = 0; i < file.ends().size() && file.ends()[i] <= n; ++i) {
                packet_count = i;
                boundary = file.ends()[i];
            }
            CHECK(contents.packets ==
                  std::vector(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(packet_count)));
            CHECK(contents.damage.has_value() == (n != boundary));
            if (contents.damage) CHECK(contents.damage->offset == boundary);
        }
    }
}

TEST_CASE("pcap: a length that no packet has is damage at its record, and reads nothing", "[capture][pcap]") {
    for (const std::uint32_t size : {0xFFFFFFFFU, 0x80000000U, 0x7FFFFFFFU, (256U << 10) + 1}) {
        CAPTURE(size);
        PcapBytes file;
        file.record(1, 0, pattern(10)).raw_record(2, 0, size, size, pattern(100)).record(3, 0, pattern(10));
        const ExactBuffer exact{file.bytes()};
        const auto contents = read_all(exact.bytes());
        CHECK(contents.packets.size() == 1);
        REQUIRE(contents.damage);
        CHECK(contents.damage->offset == file.ends()[1]);
        CHECK(contents.damage->what.find(std::to_string(size)) != std::string::npos);
    }
}

TEST_CASE("pcap: a packet longer than the snap length is read, up to 256 KiB", "[capture][pcap]") {
    PcapBytes file;
    file.record(1, 0, pattern(256U << 10)).record(2, 0, pattern(1));
    const auto contents = read_all(file.bytes());
    CHECK_FALSE(contents.damage);
    REQUIRE(contents.packets.size() == 2);
    CHECK(contents.packets[0].data == pattern(256U << 10));
}

TEST_CASE("pcap: USB messages may be longer than packets", "[capture][pcap]") {
    PcapBytes file{std::endian::little, 0xA1B2C3D4, 220};
    file.record(1, 0, pattern(1U << 20)).raw_record(2, 0, (16U << 20) + 1, 0, {});
    const auto contents = read_all(file.bytes());
    CHECK(contents.packets.size() == 1);
    REQUIRE(contents.damage);
    CHECK(contents.damage->offset == file.ends()[1]);
}

TEST_CASE("pcap: FCS bits in the link type field are no part of the link type", "[capture][pcap]") {
    PcapBytes file{std::endian::little, 0xA1B2C3D4,
                   0x54000001};  // FCS length 5 in words of 16 bits, flag that it is there
    file.record(1, 0, pattern(60));
    const auto contents = read_all(file.bytes());
    REQUIRE(contents.packets.size() == 1);
    CHECK(contents.packets[0].link_type == 1);
}

TEST_CASE("pcap: the length on the wire is never below what was captured", "[capture][pcap]") {
    PcapBytes file;
    file.raw_record(1, 0, 40, 0, pattern(40));
    const auto contents = read_all(file.bytes());
    REQUIRE(contents.packets.size() == 1);
    CHECK(contents.packets[0].original_size == 40);
}

TEST_CASE("pcap: a version other than 2.4 is refused by its number", "[capture][pcap]") {
    PcapBytes file;
    ByteVector bytes{file.bytes().begin(), file.bytes().end()};
    bytes[4] = 3;
    bytes[6] = 1;
    const auto reader = capture::CaptureReader::from_memory(bytes);
    REQUIRE_FALSE(reader);
    CHECK(reader.error().kind == capture::CaptureError::Kind::unsupported);
    CHECK(reader.error().message.find("version 3.1") != std::string::npos);
}

TEST_CASE("pcap: a file without packets is a capture", "[capture][pcap]") {
    const auto contents = read_all(PcapBytes{}.bytes());
    CHECK(contents.packets.empty());
    CHECK_FALSE(contents.damage);
}
