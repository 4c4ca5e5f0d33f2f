#include "libdiag/base/utf.h"

#include <catch2/catch.hpp>
#include <random>

#include "libdiag/base/hex.h"
#include "tests/support/exact_buffer.h"

using namespace diag;

namespace {

std::string from_units(const char* digits) {
    const ByteVector bytes = *from_hex(digits);
    return utf8_from_utf16le(test::ExactBuffer{bytes});
}

std::string escaped(std::string_view text) {
    const test::ExactBuffer exact{bytes_of(text)};
    return escape_for_terminal({reinterpret_cast<const char*>(exact.bytes().data()), exact.bytes().size()});
}

}  // namespace

TEST_CASE("utf: code units of one, two, three and four bytes of UTF-8 convert both ways", "[base]") {
    const char* units =
        "4b00"
        "e900"
        "ac20"
        "3dd800de";  // K é € U+1F600
    CHECK(from_units(units) == "K\u00e9\u20ac\U0001f600");
    CHECK(to_hex(utf16le_from_utf8("K\u00e9\u20ac\U0001f600")) == units);
}

TEST_CASE("utf: text ends at the first NUL and an odd last byte is left out", "[base]") {
    CHECK(from_units("4100"
                     "0000"
                     "4200") == "A");
    CHECK(from_units("0000").empty());
    CHECK(from_units("4100"
                     "42") == "A");
    CHECK(from_units("41").empty());
    CHECK(from_units("").empty());
}

TEST_CASE("utf: a lone surrogate becomes U+FFFD, wherever it stands", "[base]") {
    CHECK(from_units("3dd8") == "\uFFFD");
    CHECK(from_units("00de") == "\uFFFD");
    CHECK(from_units("3dd8"
                     "4100") ==
          "\uFFFD"
          "A");
    CHECK(from_units("00de"
                     "3dd8") == "\uFFFD\uFFFD");
    CHECK(from_units("3dd8"
                     "0000"
                     "00de") == "\uFFFD");
    CHECK(from_units("3dd8"
                     "3dd8"
                     "00de") == "\uFFFD\U0001f600");
}

TEST_CASE("utf: bytes that are no UTF-8 become U+FFFD, one for each", "[base]") {
    CHECK(to_hex(utf16le_from_utf8("a\xFF"
                                   "b")) == "6100fdff6200");
    CHECK(to_hex(utf16le_from_utf8("\xC3")) == "fdff");                          // cut
    CHECK(to_hex(utf16le_from_utf8("\xC0\x80")) == "fdfffdff");                  // overlong NUL
    CHECK(to_hex(utf16le_from_utf8("\xE0\x80\x80")) == "fdfffdfffdff");          // overlong, three bytes
    CHECK(to_hex(utf16le_from_utf8("\xED\xA0\x80")) == "fdfffdfffdff");          // a surrogate
    CHECK(to_hex(utf16le_from_utf8("\xF4\x90\x80\x80")) == "fdfffdfffdfffdff");  // beyond U+10FFFF
}

TEST_CASE("utf: every valid character survives the way to UTF-16 and back", "[base]") {
    for (char32_t c = 1; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 97) {
        if (c >= 0xD800 && c <= 0xDFFF) continue;
        ByteVector units;
        const auto put = [&units](char32_t unit) {
            units.push_back(static_cast<std::uint8_t>(unit & 0xFF));
            units.push_back(static_cast<std::uint8_t>(unit >> 8));
        };
        if (c < 0x10000) {
            put(c);
        } else {
            put(0xD800 + ((c - 0x10000) >> 10));
            put(0xDC00 + ((c - 0x10000) & 0x3FF));
        }
        REQUIRE(utf16le_from_utf8(utf8_from_utf16le(units)) == units);
    }
}

TEST_CASE("escape: ordinary text of any script is left alone", "[base]") {
    CHECK(escaped("kms-client-01.example.test") == "kms-client-01.example.test");
    CHECK(escaped("B\u00fcro \u5de5\u4f5c\u7ad9 \U0001f600") == "B\u00fcro \u5de5\u4f5c\u7ad9 \U0001f600");
}

TEST_CASE("escape: what moves a cursor, hides or turns text is written out", "[base]") {
    CHECK(escaped("\x1b[2J") == "\\x1b[2J");
    CHECK(escaped("a\rb\nc\td\x7f") == "a\\x0db\\x0ac\\x09d\\x7f");
    CHECK(escaped(std::string_view{"a\0b", 3}) == "a\\x00b");
    CHECK(escaped("\u009b31m") == "\\u{009b}31m");  // C1 control sequence introducer
    CHECK(escaped("\u202egnp.exe") == "\\u{202e}gnp.exe");
    CHECK(escaped("\u2066x\u2069") == "\\u{2066}x\\u{2069}");
    CHECK(escaped("\u061cx\ufff9y\U000e0041") == "\\u{061c}x\\u{fff9}y\\u{e0041}");
    CHECK(escaped("a\u200bb\ufeff") == "a\\u{200b}b\\u{feff}");
}

TEST_CASE("escape: a backslash is doubled, so that what was written out cannot be forged", "[base]") {
    CHECK(escaped("\\x1b") == "\\\\x1b");
}

TEST_CASE("escape: bytes that are no UTF-8 show as bytes", "[base]") {
    CHECK(escaped("\xff\xfe") == "\\xff\\xfe");
    CHECK(escaped("\xe2\x82") == "\\xe2\\x82");
}

TEST_CASE("escape: whatever comes in, no control byte comes out and all of it is UTF-8", "[base]") {
    std::mt19937_64 random{42};
    for (int i = 0; i < 2'000; ++i) {
        std::string text(random() % 40, '\0');
        for (char& c : text) c = static_cast<char>(random());
        const std::string out = escaped(text);
        for (const char c : out) REQUIRE((static_cast<unsigned char>(c) >= 0x20 && c != 0x7F));
        // Valid UTF-8 has no U+FFFD of its own making on the way to UTF-16; the input had none.
        REQUIRE(utf8_from_utf16le(utf16le_from_utf8(out)) == out);
    }
}
