#include <catch2/catch.hpp>

#include "libdiag/capture/pcapng_time.h"
#include "libdiag/capture/reader.h"
#include "tests/capture/capture_bytes.h"
#include "tests/support/exact_buffer.h"

using namespace diag;
using namespace diag::test;

namespace {

const ByteVector nanoseconds{9};

/// Two sections of different byte order, two interfaces each of different link type and resolution, every kind of
/// block.
PcapngBytes varied_file() {
    PcapngBytes file;
    file.section(std::endian::little);
    file.interface(1, 262144).interface(113, 0, file.option(9, nanoseconds));
    file.enhanced(0, 1'700'000'000'123'456, pattern(61, 1)).block(5, pattern(12));           // 5: interface statistics
    file.enhanced(1, 1'700'000'000'123'456'789, pattern(33, 2), 1514).block(4, pattern(4));  // 4: name resolution
    file.obsolete(0, 1'700'000'001'000'000, pattern(14, 3)).block(10, pattern(40));          // 10: decryption secrets
    file.section(std::endian::big);
    file.interface(101, 20).block(0x80000BAD, pattern(7));  // local use
    file.enhanced(0, 1'700'000'002'000'001, {}).simple(1000, pattern(20, 4)).simple(3, pattern(3, 5));
    return file;
}

std::string damage_text(const PcapngBytes& file, std::size_t packet_count, std::size_t offset) {
    const ExactBuffer exact{file.bytes()};
    const auto contents = read_all(exact.bytes());
    CHECK(contents.packets.size() == packet_count);
    REQUIRE(contents.damage);
    CHECK(contents.damage->offset == offset);
    return contents.damage->what;
}

}  // namespace

TEST_CASE("pcapng: sections, interfaces and packet blocks of every kind are read", "[capture][pcapng]") {
    const auto contents = read_all(varied_file().bytes());
    CHECK_FALSE(contents.damage);
    const std::vector<Packet> expected = {
        {1, 1'700'000'000'123'456'000, 6, 1, 61, pattern(61, 1)},
        {2, 1'700'000'000'123'456'789, 9, 113, 1514, pattern(33, 2)},
        {3, 1'700'000'001'000'000'000, 6, 1, 14, pattern(14, 3)},
        {4, 1'700'000'002'000'001'000, 6, 101, 0, {}},
        {5, 0, 6, 101, 1000, pattern(20, 4)},
        {6, 0, 6, 101, 3, pattern(3, 5)},
    };
    REQUIRE(contents.packets.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CAPTURE(i);
        CHECK(contents.packets[i] == expected[i]);
    }
}

TEST_CASE("pcapng: a file cut at any byte gives each whole packet and the offset of the cut block",
          "[capture][pcapng]") {
    const PcapngBytes file = varied_file();
    const auto whole = read_all(file.bytes()).packets;
    for (std::size_t n = 4; n <= file.bytes().size(); ++n) {
        CAPTURE(n);
        const ExactBuffer cut{file.bytes(), n};
        const auto contents = read_all(cut.bytes());
        std::size_t packet_count = 0;
        while (packet_count < file.packet_ends().size() && file.packet_ends()[packet_count] <= n) ++packet_count;
        std::size_t boundary = 0;
        for (const std::size_t end : file.ends()) {
            if (end <= n) boundary = end;
        }
        CHECK(contents.packets ==
              std::vector(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(packet_count)));
        CHECK(contents.damage.has_value() == (n != boundary));
        if (contents.damage) CHECK(contents.damage->offset == boundary);
    }
}

TEST_CASE("pcapng: a wrong length of a block is damage at the block", "[capture][pcapng]") {
    struct Case {
        const char* name;
        std::uint32_t type, size, size_again;
        const char* what;
    };
    const Case cases[] = {
        {"packet block, 4 GiB", 6, 0xFFFFFFFC, 0xFFFFFFFC, "too much to be true"},
        {"unknown block, 4 GiB", 77, 0xFFFFFFFC, 0xFFFFFFFC, "too much to be true"},
        {"unknown block, 16 MiB of which 100 bytes are there", 77, 16U << 20, 16U << 20,
         "the file ends inside a block"},
        {"packet block, 16 MiB of which 100 bytes are there", 6, 16U << 20, 16U << 20, "the file ends inside a block"},
        {"length 0", 6, 0, 0, "not 12 or more"},
        {"length 8", 6, 8, 8, "not 12 or more"},
        {"odd length", 77, 113, 113, "in steps of 4"},
        {"the second length differs, packet block", 6, 112, 116, "112 bytes long by its beginning and 116 by its end"},
        {"the second length differs, unknown block", 77, 112, 0, "112 bytes long by its beginning and 0 by its end"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        PcapngBytes file;
        file.section().interface(1).enhanced(0, 1, pattern(10));
        const std::size_t start = file.bytes().size();
        file.lying_block(c.type, c.size, pattern(100), c.size_again);
        CHECK(damage_text(file, 1, start).find(c.what) != std::string::npos);
    }
}

TEST_CASE("pcapng: packets that do not fit their block or section are damage at the block", "[capture][pcapng]") {
    PcapngBytes file;
    file.section().interface(1);
    const std::size_t start = file.bytes().size();
    Writer body;
    SECTION("an interface that the section does not describe") {
        file.enhanced(1, 0, pattern(4));
        CHECK(damage_text(file, 0, start).find("interface 1") != std::string::npos);
    }
    SECTION("a captured length behind the end of the block") {
        for (const std::uint32_t number : {0U, 0U, 0U, 9U, 9U}) body.u32(number);
        body.bytes(pattern(8));
        file.block(6, body.view());
        CHECK(damage_text(file, 0, start).find("too short for its packet") != std::string::npos);
    }
    SECTION("a captured length of 4 GiB") {
        for (const std::uint32_t number : {0U, 0U, 0U, 0xFFFFFFFFU, 60U}) body.u32(number);
        file.block(6, body.view());
        CHECK(damage_text(file, 0, start).find("4294967295") != std::string::npos);
    }
    SECTION("a packet block too short for its own fields") {
        file.block(6, pattern(8));
        CHECK_FALSE(damage_text(file, 0, start).empty());
    }
    SECTION("a simple packet block shorter than the packet that it announces") {
        file.simple(100, pattern(20));
        CHECK(damage_text(file, 0, start).find("too short for its packet") != std::string::npos);
    }
    SECTION("a packet before any interface") {
        PcapngBytes none;
        none.section();
        const std::size_t at = none.bytes().size();
        none.simple(4, pattern(4));
        CHECK(damage_text(none, 0, at).find("describes 0") != std::string::npos);
    }
}

TEST_CASE("pcapng: options that run past their block are damage, and empty or unknown ones are not",
          "[capture][pcapng]") {
    PcapngBytes file;
    file.section();
    const std::size_t start = file.bytes().size();
    SECTION("a length past the end") {
        Writer options;
        options.u16(9);
        options.u16(0xFFFF);
        options.u32(6);
        file.interface(1, 0, options.view()).enhanced(0, 0, pattern(4));
        CHECK(damage_text(file, 0, start).find("options") != std::string::npos);
    }
    SECTION("unknown options, options of a wrong size, and bytes behind the end of the list") {
        ByteVector options = file.option(2, bytes_of("eth0"));
        for (const ByteVector& more : {file.option(9, {}), file.option(14, pattern(3)), file.option(4711, pattern(5)),
                                       file.option(0, {}), pattern(8)})
            options.insert(options.end(), more.begin(), more.end());
        file.interface(1, 0, options).enhanced(0, 1'000'001, pattern(4));
        const auto contents = read_all(file.bytes());
        CHECK_FALSE(contents.damage);
        REQUIRE(contents.packets.size() == 1);
        CHECK(contents.packets[0].time_ns == 1'000'001'000);
    }
}

TEST_CASE("pcapng: the resolution and the offset of an interface apply to its packets", "[capture][pcapng]") {
    PcapngBytes file;
    file.section(std::endian::big);
    ByteVector options = file.option(9, ByteVector{3});
    const ByteVector offset = file.option(14, file.number64(1'000'000));
    options.insert(options.end(), offset.begin(), offset.end());
    file.interface(1, 0, options).enhanced(0, 1'234, pattern(4));
    const auto contents = read_all(file.bytes());
    REQUIRE(contents.packets.size() == 1);
    CHECK(contents.packets[0].time_ns == 1'000'001'234'000'000);
    CHECK(contents.packets[0].fraction_digits == 3);
}

TEST_CASE("pcapng: the length of a section bounds its blocks when it is given", "[capture][pcapng]") {
    const auto file_with = [](std::int64_t size) {
        PcapngBytes file;
        file.section(std::endian::little, size).interface(1).enhanced(0, 1, pattern(4)).enhanced(0, 2, pattern(4));
        return file;
    };
    const std::int64_t interface_size = 20;
    const std::int64_t packet_size = 36;
    for (const std::int64_t size : {std::int64_t{-1}, std::int64_t{0}, interface_size + 2 * packet_size}) {
        CAPTURE(size);
        CHECK_FALSE(read_all(file_with(size).bytes()).damage);
    }
    const auto file = file_with(interface_size + packet_size);  // the second packet stands outside
    CHECK(damage_text(file, 1, file.packet_ends()[0]).find("section") != std::string::npos);
    const auto split = file_with(interface_size + packet_size + 8);  // the second packet crosses the end
    CHECK(damage_text(split, 1, split.packet_ends()[0]).find("section") != std::string::npos);
}

TEST_CASE("pcapng: a section header without its byte-order magic is damage", "[capture][pcapng]") {
    PcapngBytes file;
    file.section().interface(1).enhanced(0, 1, pattern(4));
    const std::size_t start = file.bytes().size();
    file.block(0x0A0D0D0A, pattern(16));
    CHECK(damage_text(file, 1, start).find("byte-order magic") != std::string::npos);
}

TEST_CASE("pcapng: the number of interfaces is bounded", "[capture][pcapng]") {
    PcapngBytes file;
    file.section();
    for (std::size_t i = 0; i < capture::pcapng_interface_count_limit; ++i) file.interface(1);
    file.enhanced(static_cast<std::uint32_t>(capture::pcapng_interface_count_limit - 1), 1, pattern(4));
    const std::size_t start = file.bytes().size();
    file.interface(1);
    CHECK(damage_text(file, 1, start).find("65536 interfaces") != std::string::npos);
}

TEST_CASE("pcapng time: ticks become nanoseconds for every resolution", "[capture][pcapng]") {
    struct Case {
        const char* name;
        std::uint64_t ticks;
        std::uint8_t resolution;
        std::int64_t offset, ns;
        unsigned digits;
    };
    constexpr std::uint64_t most = 0xFFFFFFFFFFFFFFFF;
    const Case cases[] = {
        {"seconds", 5, 0, 0, 5'000'000'000, 0},
        {"milliseconds", 1'234, 3, 0, 1'234'000'000, 3},
        {"microseconds", 1'234'567, 6, 0, 1'234'567'000, 6},
        {"nanoseconds", 1'234'567'891, 9, 0, 1'234'567'891, 9},
        {"picoseconds, cut", 1'234'567'891'999, 12, 0, 1'234'567'891, 9},
        {"10^-19: the finest with whole seconds", 12'345'678'912'345'678'912U, 19, 0, 1'234'567'891, 9},
        {"10^-20: 0.18 s are all that there is", most, 20, 0, 184'467'440, 9},
        {"10^-28", most, 28, 0, 1, 9},
        {"10^-127", most, 127, 0, 0, 9},
        {"halves", 3, 0x81, 0, 1'500'000'000, 1},
        {"2^-0: seconds", 7, 0x80, 0, 7'000'000'000, 0},
        {"2^-10", 1024 + 512, 0x8A, 0, 1'500'000'000, 4},
        {"2^-32, as NTP", (std::uint64_t{3} << 32) + 0x40000000, 0xA0, 0, 3'250'000'000, 9},
        {"2^-40", (std::uint64_t{3} << 40) + (std::uint64_t{1} << 38), 0xA8, 0, 3'250'000'000, 9},
        {"2^-63", std::uint64_t{1} << 62, 0xBF, 0, 500'000'000, 9},
        {"2^-64: a half", std::uint64_t{1} << 63, 0xC0, 0, 500'000'000, 9},
        {"2^-127", most, 0xFF, 0, 0, 9},
        {"an offset before 1970", 10, 0, -20, -10'000'000'000, 0},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        CHECK(capture::pcapng_time(c.ticks, c.resolution, c.offset).ns == c.ns);
        CHECK(capture::pcapng_fraction_digits(c.resolution) == c.digits);
    }
}

TEST_CASE("pcapng time: what 64 bits cannot hold stays at the ends", "[capture][pcapng]") {
    constexpr std::uint64_t most = 0xFFFFFFFFFFFFFFFF;
    constexpr std::int64_t far = 0x7FFFFFFFFFFFFFFF;
    CHECK(capture::pcapng_time(most, 0, 0).ns > 9'000'000'000'000'000'000);
    CHECK(capture::pcapng_time(most, 0, far).ns > 9'000'000'000'000'000'000);
    CHECK(capture::pcapng_time(most, 6, far).ns > 9'000'000'000'000'000'000);
    CHECK(capture::pcapng_time(0, 6, -far - 1).ns < -9'000'000'000'000'000'000);
    CHECK(capture::pcapng_time(most, 0, -far - 1).ns == Approx(0).margin(1e9));
}
