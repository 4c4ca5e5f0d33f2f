#include "libdiag/base/text_width.h"

#include <catch2/catch.hpp>

using namespace diag;

TEST_CASE("width: letters count one column, East Asian wide characters and emoji two, combining marks none", "[base]") {
    CHECK(column_count("KMS-01") == 6);
    CHECK(column_count("B\u00fcro") == 4);
    CHECK(column_count("\u5de5\u4f5c\u7ad9") == 6);  // Han
    CHECK(column_count("\u30b5\u30fc\u30d0") == 6);  // Katakana
    CHECK(column_count("\uc11c\ubc84") == 4);        // Hangul syllables
    CHECK(column_count("\u1109\u1165") == 2);        // the same as a consonant and its vowel
    CHECK(column_count("\uff71") == 1);              // halfwidth Katakana
    CHECK(column_count("\uff21") == 2);              // fullwidth A
    CHECK(column_count("\U0001f600") == 2);
    CHECK(column_count("\U00020000\U0003fffd") == 4);  // planes of ideographs
    CHECK(column_count("e\u0301a\u20dd") == 2);
    CHECK(column_count("\u0928\u093f\u0928\u0941") == 3);  // a spacing and a non-spacing vowel sign
    CHECK(column_count("") == 0);
}

TEST_CASE("width: a byte that is no UTF-8 counts one", "[base]") {
    CHECK(column_count("a\xff\xe5\xb7") == 4);
    CHECK(fitting_prefix("\xff\xfe", 1) == "\xff");
}

TEST_CASE("width: a prefix ends at a character that would not fit whole, behind the marks of the last", "[base]") {
    CHECK(fitting_prefix("\u5de5\u4f5c\u7ad9", 5) == "\u5de5\u4f5c");
    CHECK(fitting_prefix("e\u0301e\u0301", 1) == "e\u0301");
    CHECK(fitting_prefix("\u5de5", 1).empty());
    CHECK(fitting_prefix("abc", 7) == "abc");
}
