// pcapng as its specification (draft-ietf-opsawg-pcapng) draws it, and what readers must never meet in it.
// tests/tools/annotated_capture_test.py has other programs read whole files.
#include <catch2/catch.hpp>

#include "libdiag/capture/pcapng_writer.h"
#include "libdiag/capture/reader.h"
#include "tests/capture/capture_bytes.h"

using namespace diag;
using namespace diag::test;
using capture::NamedAddress;
using capture::PcapngWriter;

namespace {

PacketView view_of(const ByteVector& data, std::uint8_t digits = 6, LinkType link_type = LinkType::ethernet) {
    return {.number = 1,
            .time = {1'700'000'000'123'456'789},
            .fraction_digits = digits,
            .link_type = link_type,
            .original_size = static_cast<std::uint32_t>(data.size() + 100),
            .data = data};
}

ByteVector section_with(std::string_view comment) {
    Writer out;
    PcapngWriter{}.begin_section(out, "", comment);
    return out.take();
}

/// The text of the only option of a section header block.
std::string comment_of(const ByteVector& section) {
    Reader r{section, std::endian::little};
    r.skip(24, "head");
    CHECK(r.u16("code") == 1);
    const std::uint16_t size = r.u16("length");
    const Bytes text = r.bytes(size, "text");
    r.skip((4U - size % 4U) % 4U, "padding");
    CHECK(r.u32("end of options") == 0);
    CHECK(r.u32("length") == section.size());
    CHECK(r.finish());
    return {text.begin(), text.end()};
}

const NamedAddress v4_name{*IpAddress::parse("192.0.2.10"), "kms.test"};
const NamedAddress v6_name{*IpAddress::parse("2001:db8::10"), "kms6"};

ByteVector names_block(std::span<const NamedAddress> names) {
    Writer out;
    PcapngWriter{}.add_names(out, names);
    return out.take();
}

}  // namespace

TEST_CASE("pcapng writer: a section header is that of the specification", "[capture][pcapng]") {
    Writer out;
    PcapngWriter{}.begin_section(out, "tool", "why");
    const ByteVector expected = {
        0x0A, 0x0D, 0x0D, 0x0A, 48,   0,    0,    0,                 // block type, total length
        0x4D, 0x3C, 0x2B, 0x1A, 1,    0,    0,    0,                 // magic, version 1.0
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,              // section length: not known
        1,    0,    3,    0,    'w',  'h',  'y',  0,                 // opt_comment, padded
        4,    0,    4,    0,    't',  'o',  'o',  'l',  0, 0, 0, 0,  // shb_userappl, opt_endofopt
        48,   0,    0,    0,
    };
    CHECK(out.view() == expected);
}

TEST_CASE("pcapng writer: a packet brings its interface, its time in full and its comments", "[capture][pcapng]") {
    Writer out;
    const ByteVector data = {0xAA, 0xBB, 0xCC};
    const std::string comments[] = {"one", "four"};
    REQUIRE(PcapngWriter{}.add_packet(out, view_of(data, 9, LinkType::linux_sll2), comments));
    const std::uint64_t ticks = 1'700'000'000'123'456'789;
    const auto byte = [&](unsigned i) { return static_cast<std::uint8_t>(ticks >> (8 * i)); };
    const ByteVector expected = {
        1,       0,       0,       0,       32,      0,       0,       0,        // interface description block
        0x14,    0x01,    0,       0,       0,       0,       4,       0,        // LINKTYPE_LINUX_SLL2, snaplen 262144
        9,       0,       1,       0,       9,       0,       0,       0,        // if_tsresol: 10^-9
        0,       0,       0,       0,       32,      0,       0,       0,        // opt_endofopt
        6,       0,       0,       0,       56,      0,       0,       0,        // enhanced packet block
        0,       0,       0,       0,                                            // interface
        byte(4), byte(5), byte(6), byte(7), byte(0), byte(1), byte(2), byte(3),  //
        3,       0,       0,       0,       103,     0,       0,       0,        // captured and original length
        0xAA,    0xBB,    0xCC,    0,                                            //
        1,       0,       3,       0,       'o',     'n',     'e',     0,        // opt_comment
        1,       0,       4,       0,       'f',     'o',     'u',     'r',      // opt_comment
        0,       0,       0,       0,       56,      0,       0,       0,        //
    };
    CHECK(out.view() == expected);
}

TEST_CASE("pcapng writer: names stand with their addresses, each with its NUL", "[capture][pcapng]") {
    const NamedAddress names[] = {v4_name, v6_name};
    const ByteVector expected = {
        4,   0,   0,   0,   64,   0,    0,    0,                 // name resolution block
        1,   0,   13,  0,   192,  0,    2,    10,                // nrb_record_ipv4
        'k', 'm', 's', '.', 't',  'e',  's',  't',  0, 0, 0, 0,  //
        2,   0,   21,  0,   0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0,  // nrb_record_ipv6
        0,   0,   0,   0,   0,    0,    0,    0x10,              //
        'k', 'm', 's', '6', 0,    0,    0,    0,                 //
        0,   0,   0,   0,   64,   0,    0,    0,                 // nrb_record_end
    };
    CHECK(names_block(names) == expected);
    CHECK(names_block({}).empty());
}

TEST_CASE("pcapng writer: a name that could be taken for more than one is left out", "[capture][pcapng]") {
    const std::string with_nul{"a\0b", 3};
    for (const std::string& name :
         {std::string{}, with_nul, std::string{"a b"}, std::string{"a\nb"}, std::string{"\x7F"},
          std::string{"k\xC3\xA4se"}, std::string(PcapngWriter::max_name_size + 1, 'a')}) {
        CAPTURE(name);
        const NamedAddress names[] = {{v4_name.address, name}, v6_name};
        const NamedAddress alone[] = {v6_name};
        CHECK(names_block(names) == names_block(alone));
    }
    const std::vector<NamedAddress> many(PcapngWriter::max_names + 10, v4_name);
    CHECK(names_block(many).size() == 12 + PcapngWriter::max_names * 20 + 4);
}

TEST_CASE("pcapng writer: comments are one line of valid UTF-8, whatever comes", "[capture][pcapng]") {
    CHECK(comment_of(section_with("caf\xC3\xA9 \xE2\x86\x92")) == "caf\xC3\xA9 \xE2\x86\x92");
    CHECK(comment_of(section_with("a\nb\x1B[31m\x7F")) == "a\\x0ab\\x1b[31m\\x7f");
    CHECK(comment_of(section_with("\xFF\xFE \xE2\x80\xAE")) == "\\xff\\xfe \\u{202e}");
    CHECK(comment_of(section_with(R"(\x1b stays)")) == R"(\x1b stays)");
}

TEST_CASE("pcapng writer: a long comment is cut between characters", "[capture][pcapng]") {
    constexpr std::size_t limit = PcapngWriter::max_comment_size;
    CHECK(comment_of(section_with(std::string(limit, 'x'))).size() == limit);
    CHECK(comment_of(section_with(std::string(70'000, 'x'))).size() == limit);
    std::string accents = "x";
    while (accents.size() < 3 * limit) accents += "\xC3\xA9";
    const std::string cut = comment_of(section_with(accents));
    CHECK(cut.size() == limit - 1);
    CHECK(accents.starts_with(cut));
    // Escapes make it longer than it was.
    CHECK(comment_of(section_with(std::string(limit, '\x01'))).size() == limit);
}

TEST_CASE("pcapng writer: interfaces are told apart by link type and by how fine their times are",
          "[capture][pcapng]") {
    Writer out;
    PcapngWriter blocks;
    blocks.begin_section(out, "", "");
    const ByteVector data = pattern(61);
    const std::pair<LinkType, std::uint8_t> kinds[] = {{LinkType::ethernet, 6}, {LinkType::raw_ip, 6},
                                                       {LinkType::ethernet, 9}, {LinkType::ethernet, 3},
                                                       {LinkType::raw_ip, 0},   {LinkType::ethernet, 9}};
    const std::string comments[] = {"x"};
    for (const auto& [link_type, digits] : kinds)
        REQUIRE(blocks.add_packet(out, view_of(data, digits, link_type), comments));
    const auto read = read_all(out.view());
    CHECK_FALSE(read.damage);
    REQUIRE(read.packets.size() == std::size(kinds));
    for (std::size_t i = 0; i < read.packets.size(); ++i) {
        CAPTURE(i);
        CHECK(read.packets[i].link_type == static_cast<std::uint32_t>(kinds[i].first));
        CHECK(read.packets[i].time_ns ==
              (kinds[i].second == 9 ? 1'700'000'000'123'456'789 : 1'700'000'000'123'456'000));
        CHECK(read.packets[i].original_size == 161);
        CHECK(read.packets[i].data == data);
    }
    std::size_t interface_count = 0;
    Reader r{out.view(), std::endian::little};
    while (r.remaining() > 0) {
        interface_count += r.u32("type") == 1;
        r.skip(r.u32("size") - 8, "block");
    }
    CHECK(interface_count == 3);
}

TEST_CASE("pcapng writer: more comments than a packet may have are cut", "[capture][pcapng]") {
    Writer few, many;
    const ByteVector data = pattern(4);
    REQUIRE(PcapngWriter{}.add_packet(few, view_of(data), std::vector<std::string>(PcapngWriter::max_comments, "x")));
    REQUIRE(
        PcapngWriter{}.add_packet(many, view_of(data), std::vector<std::string>(PcapngWriter::max_comments * 3, "x")));
    CHECK(few.view() == many.view());
}

TEST_CASE("pcapng writer: a link type that needs more than 16 bits is refused and writes nothing",
          "[capture][pcapng]") {
    Writer out;
    const ByteVector data = pattern(4);
    const auto added = PcapngWriter{}.add_packet(out, view_of(data, 6, LinkType{0x10001}));
    REQUIRE_FALSE(added);
    CHECK(added.error() == 0x10001);
    CHECK(out.size() == 0);
}
