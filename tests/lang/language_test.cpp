#include "libdiag/lang/language.h"

#include <catch2/catch.hpp>
#include <string>

#include "libdiag/lang/catalogue.h"
#include "tests/support/exact_buffer.h"

namespace diag::lang {
namespace {

void add_number(std::string& out, std::size_t number) {
    for (int i = 0; i < 4; ++i) out += static_cast<char>(number >> 8 * i & 0xFF);
}

// A catalogue of two texts, written field by field as the manual of GNU gettext has it.
std::string sample_bytes() {
    const std::string texts = std::string{"\0", 1} + std::string{"apple\0", 6} + std::string{"pear\0", 5};
    const std::string translations = std::string{"\0", 1} + std::string{"ringo\0", 6} + std::string{"nashi\0", 6};
    constexpr std::size_t header_size = 28;
    constexpr std::size_t table_size = 3 * 8;
    const std::size_t texts_at = header_size + 2 * table_size;
    const std::size_t translations_at = texts_at + texts.size();
    std::string out;
    add_number(out, 0x950412DE);                // magic
    add_number(out, 0);                         // revision
    add_number(out, 3);                         // texts, the header among them
    add_number(out, header_size);               // their table
    add_number(out, header_size + table_size);  // the table of translations
    add_number(out, 0);                         // no hash table
    add_number(out, 0);
    const auto add_row = [&](std::size_t size, std::size_t offset) {
        add_number(out, size);
        add_number(out, offset);
    };
    add_row(0, texts_at);
    add_row(5, texts_at + 1);
    add_row(4, texts_at + 7);
    add_row(0, translations_at);
    add_row(5, translations_at + 1);
    add_row(5, translations_at + 7);
    return out + texts + translations;
}

TEST_CASE("catalogue: finds each text, and nothing that it does not have", "[lang]") {
    const std::string bytes = sample_bytes();
    const Catalogue catalogue{bytes};
    CHECK(catalogue.size() == 3);
    CHECK(catalogue.find("apple") == "ringo");
    CHECK(catalogue.find("pear") == "nashi");
    for (const std::string_view text : {"", "appl", "apples", "banana", "zebra", "Apple"})
        CHECK_FALSE(catalogue.find(text));
}

TEST_CASE("catalogue: cut anywhere, it reads nothing outside of its bytes", "[lang]") {
    const std::string whole = sample_bytes();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::vector<std::uint8_t> bytes{whole.begin(), whole.end()};
        const test::ExactBuffer cut{bytes, size};
        const Bytes view{cut};
        const Catalogue catalogue{{reinterpret_cast<const char*>(view.data()), view.size()}};
        for (const std::string_view text : {"apple", "pear", "x"}) {
            const auto found = catalogue.find(text);
            CHECK((!found || found->empty() || *found == "ringo" || *found == "nashi"));
        }
    }
}

TEST_CASE("catalogue: another magic number or a count past the end finds nothing", "[lang]") {
    std::string bytes = sample_bytes();
    bytes[0] = 0;
    CHECK(Catalogue{bytes}.size() == 0);
    bytes = sample_bytes();
    bytes[8] = 100;
    CHECK(Catalogue{bytes}.size() == 0);
}

TEST_CASE("language: names of locales say which one is meant", "[lang]") {
    for (const std::string_view locale : {"ja", "ja_JP", "ja_JP.UTF-8", "ja_JP.eucJP", "ja-JP", "Japanese_Japan.932"})
        CHECK(language_of_locale(locale) == Language::ja);
    for (const std::string_view locale : {"", "C", "POSIX", "C.UTF-8", "en_US.UTF-8", "jav_ID", "de_DE"})
        CHECK(language_of_locale(locale) == Language::en);
    CHECK(find_language("ja") == Language::ja);
    CHECK(find_language("en") == Language::en);
    CHECK_FALSE(find_language("JA"));
}

TEST_CASE("language: tr() answers in the language that is spoken, and in English without a translation", "[lang]") {
    CHECK(tr("cause:") == "cause:");
    speak(Language::ja);
    const std::string cause{tr("cause:")};
    const std::string unknown{tr("no such text")};
    speak(Language::en);
    CHECK(cause == "原因:");
    CHECK(unknown == "no such text");
    CHECK(in_language(Language::ja, "cause:") == cause);
}

}  // namespace
}  // namespace diag::lang
