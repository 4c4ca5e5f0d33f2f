#include "libdiag/wire/node.h"

#include <catch2/catch.hpp>

using namespace diag;

namespace {

constexpr Name ptype_names[] = {{11, "bind"}};
constexpr Name flag_names[] = {{1, "first"}, {2, "last"}, {0x80, "object"}};
constexpr Name status_names[] = {{5, "access denied"}};

struct Sample {
    std::uint8_t ptype = 11;
    std::uint8_t flags = 0x83;
    std::uint16_t mask = 0x00AB;
    std::uint32_t status = 5;
    std::uint32_t boolean = 2;
    std::uint64_t wide = 18'446'744'073'709'551'615U;
    Filetime time = {116'444'736'000'000'000};
    MinorMajor version = {.minor = 0, .major = 6};
    FixedBytes<6> text = {'K', 0, 0, 0, 'x', 0};
    FixedBytes<4> raw = {0xDE, 0xAD, 0xBE, 0xEF};
    FixedBytes<4> hwid = {0xDE, 0xAD, 0xBE, 0xEF};
    FixedBytes<4> ip = {192, 0, 2, 10};
    FixedBytes<6> mac = {0, 1, 2, 0xA, 0xB, 0xC};
};

constexpr Field<Sample> fields[] = {
    {"ptype", "Packet type", &Sample::ptype, Show::decimal, ptype_names},
    {"flags", "Flags", &Sample::flags, Show::flags, flag_names},
    {"mask", "Mask", &Sample::mask, Show::hex},
    {"status", "Status", &Sample::status, Show::code, status_names},
    {"boolean", "Boolean", &Sample::boolean, Show::boolean},
    {"wide", "Wide", &Sample::wide},
    {"time", "Time", &Sample::time},
    {"version", "Version", &Sample::version},
    {"text", "Text", &Sample::text, Show::text},
    {"raw", "Raw", &Sample::raw, Show::bytes},
    {"hwid", "HwId", &Sample::hwid, Show::upper_bytes},
    {"ip", "Address", &Sample::ip, Show::address},
    {"mac", "Station", &Sample::mac, Show::address},
};

}  // namespace

TEST_CASE("node: a table describes its fields one behind the other", "[wire]") {
    Node root;
    const std::size_t end = describe_fields<Sample>(fields, Sample{}, 100, root);
    REQUIRE(root.children.size() == std::size(fields));
    std::size_t at = 100;
    for (std::size_t i = 0; i < std::size(fields); ++i) {
        const Node& node = root.children[i];
        CHECK(node.key == fields[i].key);
        CHECK(node.label == fields[i].label);
        CHECK(node.offset == at);
        CHECK(node.size == size_of(fields[i]));
        at += node.size;
    }
    CHECK(end == at);
    CHECK(end == 100 + size_of<Sample>(fields));
}

TEST_CASE("node: values show as their field asks for", "[wire]") {
    Node root;
    describe_fields<Sample>(fields, Sample{}, 0, root);
    const auto shown = [&root](std::size_t i) { return root.children[i].value + "|" + root.children[i].meaning; };
    CHECK(shown(0) == "11|bind");
    CHECK(shown(1) == "0x83|first, last, object");
    CHECK(shown(2) == "0x00ab|");
    CHECK(shown(3) == "0x00000005|access denied");
    CHECK(shown(4) == "true|2");
    CHECK(shown(5) == "18446744073709551615|");
    CHECK(shown(6) == "116444736000000000|1970-01-01T00:00:00Z");
    CHECK(shown(7) == "6.0|");
    CHECK(shown(8) == "K|");
    CHECK(shown(9) == "deadbeef|");
    CHECK(shown(10) == "DEADBEEF|");
    CHECK(shown(11) == "192.0.2.10|");
    CHECK(shown(12) == "00:01:02:0a:0b:0c|");
}

TEST_CASE("node: numbers without a name, and flags that are clear, have no meaning", "[wire]") {
    Node root;
    describe_fields<Sample>(fields, Sample{.ptype = 99, .flags = 0, .status = 6, .boolean = 0}, 0, root);
    CHECK(root.children[0].meaning.empty());
    CHECK(root.children[1].value == "0x00");
    CHECK(root.children[1].meaning.empty());
    CHECK(root.children[3].meaning.empty());
    CHECK(root.children[4].value == "false");
    CHECK(root.children[4].meaning.empty());
}

TEST_CASE("node: add returns the child that it added", "[wire]") {
    Node root;
    root.add({.key = "a", .label = "A", .value = {}, .meaning = {}}).value = "changed";
    root.add({.key = "b", .label = "B", .value = {}, .meaning = {}});
    REQUIRE(root.children.size() == 2);
    CHECK(root.children[0].value == "changed");
}
