#include "libdiag/base/cp932.h"

#include <catch2/catch.hpp>

#include "libdiag/base/saved_text.h"

namespace diag {
namespace {

// The byte strings of this file were made with Python's codec "cp932".

TEST_CASE("cp932: kana, full-width letters and the kanji of labels are read", "[cp932]") {
    CHECK(utf8_from_cp932(bytes_of("\x83\x7a\x83\x58\x83\x67\x96\xbc")) == "ホスト名");
    CHECK(utf8_from_cp932(bytes_of("\x90\xda\x91\xb1\x8c\xc5\x97\x4c\x82\xcc DNS")) == "接続固有の DNS");
    CHECK(utf8_from_cp932(bytes_of("\x97\x44\x90\xe6")) == "優先");
    CHECK(utf8_from_cp932(bytes_of("\x83\x80\x83\x96\x82\x9f\x82\xf1\x82\x4f\x82\x79\x82\x81\x81\x5b\x81\x46")) ==
          "ムヶぁん０Ｚａー：");
    CHECK(utf8_from_cp932(bytes_of("\xb1\xdf")) == "ｱﾟ");
}

TEST_CASE("cp932: another kanji is one replacement character, and what follows is read", "[cp932]") {
    CHECK(utf8_from_cp932(bytes_of("\x93\x8c\x8b\x9e: 192.0.2.1")) == "\uFFFD\uFFFD: 192.0.2.1");
}

TEST_CASE("cp932: a trail byte that looks like ASCII belongs to its character", "[cp932]") {
    // U+8868 is 0x95 0x5C, whose second byte is a backslash; the long vowel is 0x81 0x5B.
    CHECK(utf8_from_cp932(bytes_of("\x95\\x")) == "\uFFFDx");
    CHECK(utf8_from_cp932(bytes_of("\x83\x54\x81[\x83o\x81[")) == "サーバー");
}

TEST_CASE("cp932: bytes of another encoding are not of it", "[cp932]") {
    CHECK_FALSE(utf8_from_cp932(bytes_of("f\xF6r")));
    CHECK_FALSE(utf8_from_cp932(bytes_of("\x85\x40")));
    CHECK_FALSE(utf8_from_cp932(bytes_of("\x80")));
    CHECK_FALSE(utf8_from_cp932(bytes_of("\x83\x20")));
    CHECK_FALSE(utf8_from_cp932(bytes_of("\x83\x7F")));
}

TEST_CASE("cp932: a text that was cut within a character keeps what is before it", "[cp932]") {
    CHECK(utf8_from_cp932(bytes_of("a\x83")) == "a\uFFFD");
}

TEST_CASE("console_text_of: UTF-8 stays as it is, also when it was cut, and other bytes that are not Japanese do",
          "[cp932]") {
    CHECK(console_text_of(bytes_of("ホスト名")) == "ホスト名");
    CHECK(console_text_of(bytes_of("ホス\xE3\x83")) == "ホス\xE3\x83");
    CHECK(console_text_of(bytes_of("\x83\x7a\x83\x58\x83\x67\x96\xbc")) == "ホスト名");
    CHECK(console_text_of(bytes_of("f\xF6r")) == "f\xF6r");
}

}  // namespace
}  // namespace diag
