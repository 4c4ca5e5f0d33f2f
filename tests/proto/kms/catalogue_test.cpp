#include "libdiag/proto/kms/catalogue.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>

#include "libdiag/data/table.h"
#include "libdiag/proto/kms/error_codes.h"

using namespace diag;
using namespace diag::kms;

namespace {

bool is_one_of(std::string_view cell, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), cell) != words.end();
}

bool is_date(std::string_view cell) {
    using namespace std::chrono;
    int y = 0;
    unsigned m = 0, d = 0;
    const std::string text{cell};
    return text.size() == 10 && std::sscanf(text.c_str(), "%4d-%2u-%2u", &y, &m, &d) == 3 &&
           year_month_day{year{y}, month{m}, day{d}}.ok();
}

bool is_date_or_empty(std::string_view cell) { return cell.empty() || is_date(cell); }

bool are_versions(std::string_view cell) {
    const auto items = list_items(cell);
    return !items.empty() && std::all_of(items.begin(), items.end(), [](auto v) {
        return is_one_of(v, {"4", "5", "6"});
    });
}

const HostKey* host_key_named(std::string_view id) {
    for (const HostKey& key : all_host_keys())
        if (key.host_key_id == id) return &key;
    return nullptr;
}

}  // namespace

TEST_CASE("catalogue: every row of every table parses", "[kms][catalogue]") {
    const auto problems = catalogue_problems();
    CAPTURE(problems);
    CHECK(problems.empty());
    CHECK(all_applications().size() == data::applications_table.row_count());
    CHECK(all_products().size() == data::products_table.row_count());
    CHECK(all_kms_items().size() == data::kms_items_table.row_count());
    CHECK(all_host_builds().size() == data::host_builds_table.row_count());
    CHECK(all_host_keys().size() == data::host_keys_table.row_count());
}

TEST_CASE("catalogue: words, dates and lists that stay text are well formed in every row", "[kms][catalogue]") {
    for (const auto& row : all_applications()) {
        CAPTURE(row.name);
        CHECK(are_versions(row.protocol_versions));
        CHECK(row.min_requests_server_edition > 0);
    }
    for (const auto& row : all_products()) {
        CAPTURE(row.name);
        CHECK(is_one_of(row.kind, {"client", "server", "office"}));
        CHECK(is_one_of(row.channel, {"volume", "retail", "preview"}));
        CHECK(are_versions(row.protocol_version));
        for (const auto key : list_items(row.partial_key)) CHECK(key.size() == 5);
    }
    for (const auto& row : all_kms_items()) {
        CAPTURE(row.name);
        CHECK(is_one_of(row.kind, {"client", "server", "office"}));
        CHECK(is_one_of(row.channel, {"volume", "retail", "preview"}));
        CHECK(are_versions(row.protocol_versions));
    }
    for (const auto& row : all_host_builds()) {
        CAPTURE(row.build);
        CHECK(is_date_or_empty(row.client_release_date));
        CHECK(is_date_or_empty(row.server_release_date));
        CHECK_FALSE(row.name().empty());
    }
    for (const auto& row : all_host_keys()) {
        CAPTURE(row.host_key_id);
        CHECK(is_one_of(row.class_, {"customer", "lab", "azure-only", "pre-release"}));
        CHECK(is_date(row.release_date));
        CHECK(is_date(row.earliest_date));
        CHECK(row.blocks.empty() == (row.group_id == 0));
        for (const auto id : list_items(row.activates)) CHECK(Uuid::parse(id));
    }
}

TEST_CASE("catalogue: each row is found by its key, and nothing else is", "[kms][catalogue]") {
    for (const auto& row : all_products()) CHECK(find_product(row.activation_id) == &row);
    for (const auto& row : all_kms_items()) CHECK(find_kms_item(row.kms_id) == &row);
    for (const auto& row : all_applications()) CHECK(find_application(row.application_id) == &row);
    for (const auto& row : all_host_builds()) CHECK(find_host_build(row.build) == &row);
    for (const auto& row : all_host_keys()) {
        CAPTURE(row.host_key_id);
        for (const auto& block : row.blocks) {
            CHECK(find_host_key(row.group_id, block.first) == &row);
            CHECK(find_host_key(row.group_id, block.last) == &row);
        }
    }
    CHECK(find_product(Uuid{}) == nullptr);
    CHECK(find_kms_item(Uuid{}) == nullptr);
    CHECK(find_application(Uuid{}) == nullptr);
    CHECK(find_host_build(0) == nullptr);
    CHECK(find_host_build(0xFFFFFFFF) == nullptr);
    CHECK(find_host_key(1, 1) == nullptr);
    CHECK(find_host_key(206, 0xFFFFFFFF) == nullptr);
}

TEST_CASE("catalogue: a block that sources dispute counts when no other has the number", "[kms][catalogue]") {
    REQUIRE(host_key_named("ws2016") != nullptr);
    CHECK(find_host_key(206, 471'000'000) == host_key_named("ws2016"));
    CHECK(find_host_key(206, 470'999'999) == nullptr);
}

TEST_CASE("catalogue: known products have their names, thresholds and versions", "[kms][catalogue]") {
    // As Microsoft publishes them (KMS client setup keys; KMS planning), not read back from the table.
    const Product* enterprise = find_product(*Uuid::parse("73111121-5638-40f6-bc11-f1d7b0d64300"));
    REQUIRE(enterprise);
    CHECK(enterprise->name.find("Enterprise") != std::string_view::npos);
    CHECK(enterprise->kind == "client");
    CHECK(enterprise->min_clients == 25);
    CHECK(enterprise->protocol_version == "6");
    CHECK(enterprise->partial_key == "2YT43");
    const KmsItem* item = find_kms_item(enterprise->kms_id);
    REQUIRE(item);
    CHECK(item->application_id == enterprise->application_id);
    CHECK(find_application(item->application_id)->name == "Windows");
    CHECK(find_application(item->application_id)->host_count_ceiling == 50);
    CHECK(find_host_build(17763)->platform_id == 3612);
    CHECK(find_host_build(7601)->platform_id == 55041);
    CHECK_FALSE(find_host_build(7601)->accepts_ndr64);
    CHECK(find_host_build(9600)->accepts_ndr64);
}

TEST_CASE("catalogue: ids of one table lead into the others", "[kms][catalogue]") {
    for (const auto& product : all_products()) {
        CAPTURE(product.name);
        const KmsItem* item = find_kms_item(product.kms_id);
        REQUIRE(item);
        CHECK(item->min_clients == product.min_clients);
        CHECK(find_application(product.application_id) != nullptr);
    }
    for (const auto& item : all_kms_items()) {
        for (const auto id : list_items(item.can_be_activated_by)) {
            CAPTURE(item.name, id);
            const HostKey* key = host_key_named(id);
            REQUIRE(key);
            CHECK(key->activates.find(to_string(item.kms_id)) != std::string_view::npos);
        }
    }
    for (const auto& key : all_host_keys())
        if (key.earliest_host_build != 0) CHECK(find_host_build(key.earliest_host_build) != nullptr);
}
