#include "libdiag/explain/look_up.h"

#include <catch2/catch.hpp>

#include "libdiag/check/rules.h"
#include "libdiag/explain/entries.h"
#include "libdiag/explain/marks.h"
#include "libdiag/explain/number_word.h"

namespace diag::explain {
namespace {

std::vector<std::string> keys(std::string_view word) {
    std::vector<std::string> found;
    for (const Entry& entry : look_up(word)) found.push_back(entry.key);
    return found;
}

using Keys = std::vector<std::string>;

TEST_CASE("numbers: the form says what a number can be", "[explain]") {
    using Form = NumberWord::Form;
    struct Case {
        std::string_view word;
        Form form;
        std::uint32_t value;
    };
    for (const auto& [word, form, value] :
         {Case{"0xC004F074", Form::hex, 0xC004F074}, Case{"0X5", Form::hex, 5},
          Case{"80070005", Form::bare_hex, 0x80070005}, Case{"1722", Form::decimal, 1722},
          Case{"-1073418124", Form::negative, 0xC004F074}, Case{"4294967295", Form::decimal, 0xFFFFFFFF}}) {
        CAPTURE(word);
        const auto number = parse_number(word);
        REQUIRE(number);
        CHECK(number->form == form);
        CHECK(number->value == value);
    }
    for (const std::string_view word :
         {"", "-", "0x", "0x123456789", "0x-5", "4294967296", "-2147483649", "12a", "1722 ", "+5"})
        CHECK_FALSE(parse_number(word));
}

TEST_CASE("look-up: words that mean nothing give nothing", "[explain]") {
    for (const std::string_view word :
         {"", " ", "()", ".", "event", "event x", "0", "0x0", "KMS-", "_", "----", "/", "bind_nak:", "bind_nak:x", "{}",
          "99999999999", "AAAAA", "00000000-0000-0000-0000-000000000000"})
        CHECK(keys(word).empty());
    CHECK(keys(std::string(100'000, 'A')).empty());
}

TEST_CASE("look-up: every key that a list shows leads back to its entry", "[explain]") {
    for (const Kind kind : {Kind::code, Kind::event, Kind::finding, Kind::product, Kind::application,
                            Kind::counted_item, Kind::host_key, Kind::rpc_interface}) {
        const auto entries = all_entries(kind);
        CHECK_FALSE(entries.empty());
        for (const Entry& entry : entries) {
            CAPTURE(entry.key);
            const auto found = look_up(entry.key);
            CHECK(std::ranges::any_of(
                found, [&](const Entry& other) { return other.kind == kind && other.key == entry.key; }));
        }
    }
}

TEST_CASE("look-up: an entry leads to rules by exactly their codes", "[explain]") {
    const auto found = look_up("0x800706BA");
    REQUIRE(found.size() == 1);
    for (const check::Rule* rule : check::all_rules()) {
        CAPTURE(rule->id);
        const auto has = [rule](const auto& rules) { return std::ranges::find(rules, rule) != rules.end(); };
        CHECK(has(found[0].ends_in) == (rule->windows_code == 0x800706BA));
        CHECK(has(found[0].logged_for) == (rule->inner_code == 0x800706BA));
    }
}

TEST_CASE("look-up: braces, quotation marks and full stops around a word do not matter", "[explain]") {
    for (const std::string_view word :
         {"(0xC004F074)", "'0xC004F074'", "0xC004F074.", "[0xC004F074]:", "<0xC004F074>;"})
        CHECK(keys(word) == Keys{"0xC004F074"});
}

TEST_CASE("look-up: a result is understood as logs write it, and is no event", "[explain]") {
    for (const auto* word : {"hr=0x80070005", "hr=0x80070005,", "HRESULT:0x80070005", "HRESULT = 0x80070005",
                             "(hr=80070005)", "hresult: -2147024891", "hr=0x80070005."}) {
        CAPTURE(word);
        const auto found = look_up(word);
        REQUIRE(found.size() == 1);
        CHECK(found[0].key == "0x80070005");
    }
    for (const auto* word : {"hr=", "hr=12290", "hr=zebra", "hresult:", "hr 5"}) {
        CAPTURE(word);
        CHECK(look_up(word).empty());
    }
}

TEST_CASE("look-up: near misses are suggested, the nearest first", "[explain]") {
    CHECK(similar_words("KMS-CONNCET-REFUSED") == Keys{"KMS-CONNECT-REFUSED"});
    CHECK(similar_words("RPC_S_SERVER_UNAVAILBLE") == Keys{"RPC_S_SERVER_UNAVAILABLE"});
    CHECK(similar_words("C004F07").size() <= 3);
    CHECK(similar_words("").empty());
    CHECK(similar_words(std::string(100'000, 'K')).empty());
}

TEST_CASE("marks: only a mark begins a new statement", "[explain]") {
    const auto statements = statements_of("[doc] a; b;[inf] c ; [?] d;");
    REQUIRE(statements.size() == 3);
    CHECK(statements[0].mark == "doc");
    CHECK(statements[0].text == "a; b");
    CHECK(statements[1].mark == "inf");
    CHECK(statements[1].text == "c");
    CHECK(statements[2].mark == "?");
    CHECK(statements[2].text == "d;");
    CHECK(statements_of("").empty());
    CHECK(statements_of("[no mark] x")[0].mark.empty());
    CHECK(statements_of("[doc")[0].text == "[doc");
}

TEST_CASE("marks: a question mark that marks is told from one that asks", "[explain]") {
    for (const std::string_view cell : {"?", "message wording ?", "a ?; b", "x ? y"}) CHECK(is_doubtful(cell));
    for (const std::string_view cell : {"", "SRV port correct?", "certain"}) CHECK_FALSE(is_doubtful(cell));
}

}  // namespace
}  // namespace diag::explain
