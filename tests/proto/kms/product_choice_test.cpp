#include "libdiag/proto/kms/product_choice.h"

#include <catch2/catch.hpp>

#include <set>

using namespace diag;
using namespace diag::kms;

namespace {

std::string chosen(std::string_view text) {
    const auto product = choose_product(text);
    INFO((product ? std::string{} : product.error()));
    REQUIRE(product);
    return to_string((*product)->activation_id);
}

std::string refused(std::string_view text) {
    const auto product = choose_product(text);
    REQUIRE_FALSE(product);
    CHECK(product.error().find('\n') == std::string::npos);
    return product.error();
}

}  // namespace

TEST_CASE("product choice: ids and names that the lists of Microsoft have", "[kms]") {
    // Activation ids as published in "KMS client setup keys" and by slmgr /dlv.
    const auto [text, id] = GENERATE(table<std::string, std::string>({
        {"73111121-5638-40f6-bc11-f1d7b0d64300", "73111121-5638-40f6-bc11-f1d7b0d64300"},
        {"73111121-5638-40F6-BC11-F1D7B0D64300", "73111121-5638-40f6-bc11-f1d7b0d64300"},
        {"Windows 10 Enterprise", "73111121-5638-40f6-bc11-f1d7b0d64300"},
        {"windows 11 ENTERPRISE", "73111121-5638-40f6-bc11-f1d7b0d64300"},
        {"Windows Vista Business", "4f3d1606-3fea-4c01-be3c-8d671c401e3b"},
        {"vista business n", "2c682dc2-8b68-4f63-a165-ae291d4cf138"},
    }));
    CAPTURE(text);
    CHECK(chosen(text) == id);
}

TEST_CASE("product choice: the default is Windows 11 Enterprise", "[kms]") {
    CHECK(to_string(default_product().activation_id) == "73111121-5638-40f6-bc11-f1d7b0d64300");
    CHECK(default_product().name.find("Windows 11 Enterprise") != std::string_view::npos);
}

TEST_CASE("product choice: words that fit several products name a few of them", "[kms]") {
    const std::string error = refused("windows");
    CHECK(error.starts_with("'windows' fits "));
    CHECK(error.find(" more") != std::string::npos);
    CHECK(error.size() < 600);
}

TEST_CASE("product choice: what fits nothing says where the list is", "[kms]") {
    for (const auto* text : {"", " ", "windows 95", "enterpris", "00000000-0000-0000-0000-000000000001"}) {
        CAPTURE(text);
        CHECK(refused(text).find("--list-products") != std::string::npos);
    }
}

TEST_CASE("product choice: every volume product is found by its whole name, or shares it and says so", "[kms]") {
    std::multiset<std::string_view> names;
    for (const Product& product : all_products())
        if (product.channel == "volume") names.insert(product.name);
    REQUIRE(names.size() > 100);
    std::size_t found_count = 0;
    for (const Product& product : all_products()) {
        if (product.channel != "volume") continue;
        CAPTURE(product.name);
        CHECK(chosen(to_string(product.activation_id)) == to_string(product.activation_id));
        const auto found = choose_product(product.name);
        if (names.count(product.name) > 1) {
            CHECK_FALSE(found);
            continue;
        }
        ++found_count;
        INFO((found ? std::string{} : found.error()));
        CHECK((found && *found == &product));
    }
    CHECK(found_count > 100);
}
