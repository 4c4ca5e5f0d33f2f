#include "libdiag/redact/stream_edits.h"

#include <catch2/catch.hpp>

#include "libdiag/redact/unread_bytes.h"
#include "tests/support/packet_builder.h"

using namespace diag;
using namespace diag::test;

namespace {

const Endpoint client = endpoint("192.0.2.77", 40'000);
const Endpoint host = endpoint("192.0.2.10", 1688);

ByteVector text(std::string_view text) { return {text.begin(), text.end()}; }

redact::StreamEdits edits_at(std::uint32_t sequence, std::string_view before, std::string_view after) {
    redact::StreamEdits edits{.client = client, .sides = {}};
    edits.sides[0].push_back({.sequence = sequence, .before = text(before), .after = text(after)});
    return edits;
}

std::string applied(const redact::StreamEdits& edits, std::uint32_t sequence, std::string_view payload,
                    const Endpoint& source = client) {
    ByteVector out(payload.size());
    redact::apply(edits, {.source = source, .destination = host, .sequence = sequence}, bytes_of(payload), out);
    return {out.begin(), out.end()};
}

std::string kept_of(std::string_view bytes) {
    ByteVector out(bytes.size());
    redact::keep_opening(bytes_of(bytes), out);
    std::string kept{out.begin(), out.end()};
    std::ranges::replace(kept, '\0', '.');
    return kept;
}

std::string zeros(std::size_t count) { return std::string(count, '\0'); }

}  // namespace

TEST_CASE("stream edits: a segment gets its part of them, zeros where there are none", "[redact]") {
    const auto edits = edits_at(100, "abcdef", "ABCDEF");
    CHECK(applied(edits, 100, "abcdef") == "ABCDEF");
    CHECK(applied(edits, 102, "cd") == "CD");
    CHECK(applied(edits, 98, "xxab") == zeros(2) + "AB");
    CHECK(applied(edits, 104, "efxx") == "EF" + zeros(2));
    CHECK(applied(edits, 106, "xx") == zeros(2));
    CHECK(applied(edits, 100, "abcdef", host) == zeros(6));
}

TEST_CASE("stream edits: what lies in front of all that was read is refused", "[redact]") {
    const redact::StreamEdits edits = edits_at(1000, "abcd", "ABCD");
    const auto is_kept = [&](std::uint32_t sequence) {
        ByteVector out(4);
        return redact::apply(edits, {.source = client, .destination = host, .sequence = sequence}, bytes_of("abcd"),
                             out);
    };
    CHECK_FALSE(is_kept(996));
    CHECK(is_kept(997));
    CHECK(is_kept(1004));
}

TEST_CASE("stream edits: sequence numbers may wrap around", "[redact]") {
    auto edits = edits_at(0xfffffffe, "abcd", "ABCD");
    edits.sides[0].push_back({.sequence = 10, .before = text("xy"), .after = text("XY")});
    edits.sort();
    CHECK(applied(edits, 0xfffffffe, "abcd") == "ABCD");
    CHECK(applied(edits, 0, "cd") == "CD");
    CHECK(applied(edits, 9, "wxyz") == zeros(1) + "XY" + zeros(1));
}

TEST_CASE("stream edits: bytes that differ from the first copy go on to differ, and are not shown", "[redact]") {
    const auto edits = edits_at(100, "abcd", "ABCD");
    const std::string other = applied(edits, 100, "aXcY");
    CHECK(other[0] == 'A');
    CHECK(other[2] == 'C');
    CHECK(other[1] == static_cast<char>(~'B'));
    CHECK(other[3] == static_cast<char>(~'D'));
    CHECK(applied(edits, 100, "aYcX") == other);
}

TEST_CASE("stream edits: they come back from the disk as they went", "[redact]") {
    auto edits = edits_at(100, "abcd", "ABCD");
    edits.sides[1].push_back({.sequence = 7, .before = text("x"), .after = text("y")});
    edits.client = endpoint("2001:db8::77", 50'000);
    const ByteVector bytes = redact::encode_edits(edits);
    const auto read_back = redact::decode_edits(bytes);
    REQUIRE(read_back);
    CHECK(*read_back == edits);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        CHECK_FALSE(redact::decode_edits(Bytes{bytes}.first(size)).has_value());
}

TEST_CASE("unread bytes: what tells the protocol is kept, and nothing behind it", "[redact]") {
    CHECK(kept_of("HTTP/1.1 400 Bad Request\r\nServer: srv7") == "HTTP/1.1 400..........................");
    CHECK(kept_of("GET /name HTTP/1.1\r\nHost: kms") == "GET ..... HTTP/1.............");
    CHECK(kept_of("SSH-2.0-OpenSSH_9.2 Debian") == "SSH-2.0-..................");
    CHECK(kept_of("220 mail.corp.test ESMTP") == "220 ....................");
    CHECK(kept_of("PROXY TCP4 192.0.2.1 192.0.2.2 5 6\r\n") == "PROXY TCP4 .........................");
    CHECK(kept_of(std::string_view{"\x16\x03\x01\x02\x05 client hello", 18}) ==
          std::string{"\x16\x03\x01\x02\x05"} + ".............");
    CHECK(kept_of("USER name") == ".........");
    // SOCKS begins as RPC does: with a name or an address.
    CHECK(kept_of("\x05\x01\x02SECRETHOSTNAME123") == "\x05...................");
    CHECK(kept_of(std::string_view{"\x05\x00\x05\x00\x00\x03\x09kms1.corp", 16}) == "\x05...............");
    CHECK(kept_of(std::string_view{"\x05\x00\x05\x00\x00\x01\x0a\x4d\x58\x63\x06\x98", 12}) == "\x05...........");
    CHECK(kept_of("").empty());
}
