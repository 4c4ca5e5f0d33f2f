#include "libdiag/report/text.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "libdiag/base/text_width.h"

namespace diag::report {
namespace {

std::string wrapped(std::string_view text, std::size_t column, std::size_t indent, std::size_t width) {
    std::string out;
    append_wrapped(out, text, column, indent, width);
    return out;
}

TEST_CASE("wrap: lines break at blanks, behind the indent", "[report][text]") {
    CHECK(wrapped("one two three", 0, 2, 8) == "one two\n  three");
    CHECK(wrapped("one two", 5, 2, 8) == "one\n  two");
    CHECK(wrapped("one", 0, 2, 3) == "one");
}

TEST_CASE("wrap: a word wider than a line is broken, and its parts keep the indent", "[report][text]") {
    CHECK(wrapped("abcdefghij", 2, 2, 6) == "abcd\n  efgh\n  ij");
    CHECK(wrapped("x abcdefghij y", 2, 2, 6) == "x\n  abcd\n  efgh\n  ij y");
    CHECK(wrapped("abcdef", 4, 2, 6) == "ab\n  cdef");
}

TEST_CASE("wrap: a word that fits into a line is not broken, also where the first line has less room",
          "[report][text]") {
    CHECK(wrapped("abcd efgh", 2, 2, 6) == "abcd\n  efgh");
    CHECK(wrapped(" (abcd)", 6, 2, 8) == "\n  (abcd)");
}

TEST_CASE("wrap: wide characters count two columns and combining marks none", "[report][text]") {
    CHECK(wrapped("\u5de5\u4f5c \u7ad9", 0, 0, 5) == "\u5de5\u4f5c\n\u7ad9");
    CHECK(wrapped("\u5de5\u4f5c\u7ad9\u5de5", 0, 1, 5) == "\u5de5\u4f5c\n \u7ad9\u5de5");
    CHECK(wrapped("e\u0301e\u0301 e\u0301e\u0301", 0, 0, 5) == "e\u0301e\u0301 e\u0301e\u0301");
}

TEST_CASE("wrap: where not even one character fits, each stands alone and none is lost", "[report][text]") {
    CHECK(wrapped("\u5de5\u4f5c", 1, 1, 2) == "\u5de5\n \u4f5c");
    CHECK(wrapped("ab", 4, 4, 3) == "a\n    b");
}

TEST_CASE("wrap: no line is wider than asked, and without its breaks the text is whole", "[report][text]") {
    const std::string text =
        "05426-00206-471-\u5de5\u4f5c\u7ad9-03-1033 e\u0301\u0302x " + std::string(200, 'f') + " end";
    for (std::size_t width = 8; width < 90; ++width) {
        std::istringstream lines{wrapped(text, 3, 3, width)};
        std::string letters;
        std::size_t column = 3;
        for (std::string line; std::getline(lines, line); column = 0) {
            CAPTURE(width, line);
            REQUIRE(column + column_count(line) <= width);
            for (const char c : line)
                if (c != ' ') letters += c;
        }
        std::string want = text;
        std::erase(want, ' ');
        REQUIRE(letters == want);
    }
}

TEST_CASE("minutes: hours up to two days, then days, and what is over", "[report][text]") {
    CHECK(format_minutes(0) == "0 min");
    CHECK(format_minutes(1) == "1 min");
    CHECK(format_minutes(60) == "1 hour");
    CHECK(format_minutes(90) == "90 min");
    CHECK(format_minutes(120) == "2 hours");
    CHECK(format_minutes(135) == "2 hours 15 min");
    CHECK(format_minutes(1440) == "1 day");
    CHECK(format_minutes(2879) == "47 hours 59 min");
    CHECK(format_minutes(2880) == "2 days");
    CHECK(format_minutes(2881) == "2 days 1 min");
    CHECK(format_minutes(2940) == "2 days 1 hour");
    CHECK(format_minutes(10'080) == "7 days");
    CHECK(format_minutes(4'294'967'295) == "2982616 days 4 hours 15 min");
}

}  // namespace
}  // namespace diag::report
