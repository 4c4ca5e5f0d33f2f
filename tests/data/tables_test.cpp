#include "libdiag/data/table.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

namespace diag::data {
namespace {

struct Case {
    const Table& table;
    std::string_view name;
    std::string_view key;  // the first column, by which rows are looked up
};

const Case cases[] = {
    {applications_table, "applications", "application_id"},
    {errors_table, "errors", "code"},
    {events_table, "events", "id"},
    {host_builds_table, "host_builds", "build"},
    {host_keys_table, "host_keys", "host_key_id"},
    {kms_items_table, "kms_items", "kms_counted_id"},
    {products_table, "products", "activation_id"},
};

TEST_CASE("tables: each has its name, its key column first, and rows", "[data]") {
    for (const auto& c : cases) {
        CAPTURE(c.name);
        CHECK(c.table.name == c.name);
        REQUIRE_FALSE(c.table.columns.empty());
        CHECK(c.table.columns[0] == c.key);
        CHECK(c.table.row_count() > 0);
        CHECK(c.table.cells.size() == c.table.row_count() * c.table.columns.size());
    }
}

TEST_CASE("tables: no key is empty and none stands twice", "[data]") {
    for (const auto& c : cases) {
        std::set<std::string_view> seen;
        for (std::size_t i = 0; i < c.table.row_count(); ++i) {
            const auto key = c.table.row(i)[0];
            CAPTURE(c.name, i, key);
            CHECK_FALSE(key.empty());
            CHECK(seen.insert(key).second);
        }
    }
}

TEST_CASE("tables: column names differ and are found by name", "[data]") {
    for (const auto& c : cases) {
        for (std::size_t i = 0; i < c.table.columns.size(); ++i) {
            CAPTURE(c.name, c.table.columns[i]);
            CHECK(c.table.column(c.table.columns[i]) == i);
        }
        CHECK(c.table.column("no such column") == Table::no_column);
    }
}

TEST_CASE("tables: cells in quotes keep their commas and lose their quotes", "[data]") {
    const auto covers = applications_table.column("covers");
    REQUIRE(covers != Table::no_column);
    CHECK(applications_table.row(1)[covers] == "Office 2010, Project 2010, Visio 2010");
}

TEST_CASE("tables: every id that one table takes from another is there", "[data]") {
    const auto keys_of = [](const Table& table) {
        std::set<std::string_view> keys;
        for (std::size_t i = 0; i < table.row_count(); ++i) keys.insert(table.row(i)[0]);
        return keys;
    };
    const auto check_references = [](const Table& from, std::string_view column,
                                     const std::set<std::string_view>& keys) {
        const auto at = from.column(column);
        REQUIRE(at != Table::no_column);
        for (std::size_t i = 0; i < from.row_count(); ++i) {
            const auto id = from.row(i)[at];
            CAPTURE(from.name, column, i, id);
            CHECK((id.empty() || keys.contains(id)));
        }
    };
    check_references(products_table, "application_id", keys_of(applications_table));
    check_references(products_table, "kms_counted_id", keys_of(kms_items_table));
    check_references(kms_items_table, "application_id", keys_of(applications_table));
}

}  // namespace
}  // namespace diag::data
