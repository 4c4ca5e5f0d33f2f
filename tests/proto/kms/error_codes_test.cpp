#include "libdiag/proto/kms/error_codes.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <thread>

#include "libdiag/data/table.h"

namespace diag::kms {
namespace {

using Items = std::vector<std::string_view>;

TEST_CASE("error codes: every row with a number is found under it, with the texts of its row", "[kms]") {
    const data::Table& table = data::errors_table;
    std::size_t numbers = 0;
    for (std::size_t i = 0; i < table.row_count(); ++i) {
        const auto row = table.row(i);
        const std::string text{row[table.column("code")]};
        if (!text.starts_with("0x")) continue;
        ++numbers;
        CAPTURE(text);
        const auto* error = find_error(static_cast<std::uint32_t>(std::stoul(text, nullptr, 16)));
        REQUIRE(error != nullptr);
        CHECK(error->meaning == row[table.column("plain_meaning")]);
        CHECK(error->where == row[table.column("where")]);
        CHECK(error->causes == row[table.column("likely_causes")]);
        CHECK(error->checks == row[table.column("what_to_check")]);
    }
    CHECK(numbers > 150);
}

TEST_CASE("error codes: the public names of codes that hosts answer with are right", "[kms]") {
    const auto symbol_of = [](std::uint32_t code) {
        const auto* error = find_error(code);
        return error != nullptr ? error->symbol : "(no row)";
    };
    CHECK(symbol_of(0xC004F038) == "SL_E_VL_NOT_ENOUGH_COUNT");
    CHECK(symbol_of(0xC004F042) == "SL_E_VL_KEY_MANAGEMENT_SERVICE_ID_MISMATCH");
    CHECK(symbol_of(0xC004F06C) == "SL_E_VL_INVALID_TIMESTAMP");
    CHECK(symbol_of(0xC004F015) == "SL_E_PRODUCT_SKU_NOT_INSTALLED");
    CHECK(symbol_of(0x8007000D) == "ERROR_INVALID_DATA");
}

TEST_CASE("error codes: a code without a public name has an empty symbol and a meaning", "[kms]") {
    const auto* full = find_error(0xC004D104);
    REQUIRE(full != nullptr);
    CHECK(full->symbol.empty());
    CHECK(full->where == "host");
    CHECK(full->meaning.find("671") != std::string_view::npos);
}

TEST_CASE("error codes: a number that no row has gives nothing", "[kms]") {
    CHECK(find_error(0) == nullptr);
    CHECK(find_error(0xC004FFFF) == nullptr);
    CHECK(find_error(0xFFFFFFFF) == nullptr);
}

TEST_CASE("error codes: threads that ask first at the same time get the same row", "[kms]") {
    const ErrorCode* found[4] = {};
    {
        std::vector<std::jthread> threads;
        for (auto& slot : found) threads.emplace_back([&slot] { slot = find_error(0xC004F074); });
    }
    for (const auto* error : found) CHECK((error != nullptr && error == found[0]));
}

TEST_CASE("list_items: items come without blanks around them, empty ones not at all", "[kms]") {
    CHECK(list_items("") == Items{});
    CHECK(list_items("one") == Items{"one"});
    CHECK(list_items("one;two words; three ") == Items{"one", "two words", "three"});
    CHECK(list_items(";; ;a;") == Items{"a"});
}

TEST_CASE("list_items: each cause and check of the table is a text", "[kms]") {
    const auto* error = find_error(0xC004F038);
    REQUIRE(error != nullptr);
    const auto causes = list_items(error->causes);
    CHECK(causes.size() == 5);
    CHECK(causes.front() == "too few distinct machines in the last 30 days");
    CHECK(list_items(error->checks).size() == 5);
}

}  // namespace
}  // namespace diag::kms
