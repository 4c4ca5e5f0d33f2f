#include "libdiag/report/text.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "libdiag/base/text_width.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/language.h"

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

TEST_CASE("wrap: Japanese breaks between its characters, and no line begins with what closes", "[report][text]") {
    CHECK(wrapped("あいうえ", 0, 0, 4) == "あい\nうえ");
    CHECK(wrapped("ab あいう", 0, 0, 5) == "ab あ\nいう");
    CHECK(wrapped("あい。う", 0, 0, 4) == "あ\nい。\nう");
    CHECK(wrapped("あ「い」", 0, 0, 4) == "あ\n「い\n」");  // three characters that belong together do not fit
    CHECK(wrapped("あ「い」", 0, 0, 6) == "あ\n「い」");
    CHECK(wrapped("KMSホスト", 0, 0, 5) == "KMSホ\nスト");
    CHECK(wrapped("がか\u3099", 0, 0, 2) == "が\nか\u3099");  // a combining mark stays with its letter
}

TEST_CASE("finding: what its rule says is in the language that is spoken, its title and the JSON are not",
          "[report][text]") {
    const check::Finding finding{
        .rule = &check::rule::connect_refused, .target = "h:1688", .title = "h refused", .evidence = {}, .packets = {}};
    const auto text_in = [&finding](lang::Language language) {
        std::string out;
        lang::speak(language);
        append_finding(out, finding, Style{false}, true);
        lang::speak(lang::Language::en);
        return out;
    };
    const std::string english = text_in(lang::Language::en);
    const std::string japanese = text_in(lang::Language::ja);
    for (const std::string& text : {english, japanese}) {
        CHECK(text.find("critical KMS-CONNECT-REFUSED\n           h refused\n") != std::string::npos);
        CHECK(text.find("0xC004F074") != std::string::npos);
    }
    CHECK(english.find("           cause:  ") != std::string::npos);
    CHECK(japanese.find("           原因: ") != std::string::npos);
    CHECK(japanese.find("cause:") == std::string::npos);
    CHECK(client_codes(finding) == "the Windows client shows 0xC004F074 (its event 12288: 0x800706BA)");
}

TEST_CASE("findings: what follows from another stands below it in a line, with its title where that is not above",
          "[report][text]") {
    check::Finding loss{.rule = &check::rule::path_mtu,
                        .target = "h:1688",
                        .title = "large packets get lost",
                        .evidence = {},
                        .packets = {}};
    check::Finding silence = loss;
    silence.rule = &check::rule::bind_no_answer;
    silence.title = "h never answered";
    const auto text_of = [&] {
        std::string out;
        append_findings(out, std::vector{silence, loss}, Style{false}, false);
        return out;
    };
    const std::string text = text_of();
    CHECK(text.starts_with("  warning  KMS-PATH-MTU\n"));
    CHECK(text.ends_with("           effect: KMS-BIND-NO-ANSWER: h never answered\n"));
    silence.title.clear();
    CHECK(text_of().ends_with("           effect: KMS-BIND-NO-ANSWER\n"));
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
    for (const std::uint32_t minutes : {0U, 1U, 60U, 90U, 120U, 135U, 1440U, 2879U, 2881U, 2940U, 4'294'967'295U})
        CHECK(say_minutes(minutes) == format_minutes(minutes));
    lang::speak(lang::Language::ja);
    const std::string japanese = say_minutes(2 * 1440 + 60 + 5);
    const std::string english = format_minutes(2 * 1440 + 60 + 5);
    lang::speak(lang::Language::en);
    CHECK(japanese == "2 日 1 時間 5 分");
    CHECK(english == "2 days 1 hour 5 min");
}

}  // namespace
}  // namespace diag::report
