#include "libdiag/explain/annotator.h"

#include <catch2/catch.hpp>

namespace diag::explain {
namespace {

std::string annotated(std::string_view log, std::size_t piece_size, const Annotator::Settings& settings = {}) {
    Annotator annotator{settings, report::Style{false}};
    std::string out;
    for (; !log.empty(); log.remove_prefix(std::min(piece_size, log.size()))) {
        const std::string_view piece = log.substr(0, piece_size);
        annotator.add({reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size()}, out);
    }
    annotator.finish(out);
    return out;
}

// As UTF-16 with its byte order mark.
std::string utf16(std::u16string_view text, bool big_endian) {
    std::string out = big_endian ? "\xFE\xFF" : "\xFF\xFE";
    for (const char16_t unit : text) {
        const char high = static_cast<char>(unit >> 8);
        const char low = static_cast<char>(unit & 0xFF);
        out += big_endian ? high : low;
        out += big_endian ? low : high;
    }
    return out;
}

TEST_CASE("annotator: what it says does not depend on how the input was cut", "[explain]") {
    const std::string text = "a\r\nEvent ID: 12288 日本語 0xC004F038\n\nlast 0xC004F074 without end";
    const std::string wide = utf16(u"Event ID: 12288 \U0001F4BB 0xC004F038\r\nx\n", false);
    for (const std::string& log : {text, wide}) {
        const std::string whole = annotated(log, log.size());
        CHECK(whole.find("    >> event 12288") != std::string::npos);
        for (std::size_t size = 1; size < 12; ++size) CHECK(annotated(log, size) == whole);
    }
}

TEST_CASE("annotator: a log without anything known comes out as it went in", "[explain]") {
    for (const std::string_view log : {"", "\n", "a\nb\n", "no end", "tab\t and \\ backslash\r\n", "日本語\n"})
        CHECK(annotated(log, 3) == log);
}

TEST_CASE("annotator: UTF-16 of either order becomes UTF-8", "[explain]") {
    for (const bool big_endian : {false, true}) {
        CHECK(annotated(utf16(u"日本語 \U0001F4BB\r\nb", big_endian), 5) == "日本語 \U0001F4BB\r\nb");
        CHECK(annotated(utf16(u"ab", big_endian) + "x", 2) == "ab\uFFFD");
    }
}

TEST_CASE("annotator: a byte order mark in front of UTF-8 is no part of the first line", "[explain]") {
    for (const std::size_t piece_size : {1, 2, 3, 100}) {
        CHECK(annotated("\xEF\xBB\xBF"
                        "a\n",
                        piece_size) == "a\n");
        CHECK(annotated("\xEF\xBB", piece_size) == "\\xef\\xbb");  // a part of one is none
        CHECK(annotated("\xEF\xBB\xBF", piece_size).empty());
    }
}

TEST_CASE("annotator: a line is looked through to its end, whatever its length", "[explain]") {
    const std::string filler(3 * Annotator::max_line_size, 'x');
    const std::string log = "0xC004F038 " + filler + " 0xC004F074\n";
    const std::string out = annotated(log, 1000);
    CHECK(out.starts_with(log + "    >> 0xC004F038"));
    CHECK(out.find("    >> 0xC004F074") != std::string::npos);
    const std::string json = annotated(log, 1000, {.json = true});
    CHECK(std::ranges::count(json, '\n') == 1);
}

TEST_CASE("annotator: of one line only so many things are explained", "[explain]") {
    std::string log;
    for (int i = 0; i < 60; ++i)
        log += "0x800706" + std::string{"0123456789ABCDEF"[i / 16 + 10]} + "0123456789ABCDEF"[i % 16] + ' ';
    const std::string out = annotated(log, log.size(), {.quiet = false, .brief = true});
    std::size_t count = 0;
    for (std::size_t at = out.find("    >> "); at != std::string::npos; at = out.find("    >> ", at + 1)) ++count;
    CHECK(count == ReferenceFinder::max_per_line);
}

TEST_CASE("annotator: nothing that a terminal obeys gets through", "[explain]") {
    CHECK(annotated("\x1b]0;title\x07\n", 100) == "\\x1b]0;title\\x07\n");
    CHECK(annotated("a\rb\n", 100) == "a\\x0db\n");
    CHECK(annotated("\u009b31m\u202e\n", 100).find("\u009b") == std::string::npos);
}

}  // namespace
}  // namespace diag::explain
