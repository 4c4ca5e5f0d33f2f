#include "libdiag/stream/flow_table.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include <random>
#include <unordered_map>

using namespace diag::stream;

TEST_CASE("flow table: behaves like a map under random inserts and erases", "[stream][property]") {
    FlowTable table{1 << 14};
    std::unordered_map<std::uint64_t, std::uint32_t> expected;
    std::mt19937_64 random{7};
    std::vector<std::uint64_t> keys;
    for (std::uint32_t step = 0; step < 60'000; ++step) {
        if (keys.size() < 4'000 && random() % 3 != 0) {
            // Few different low bits: long probe sequences.
            const std::uint64_t key = (random() % 64) << 56 | (random() % 8) | (random() % 1'000'000) << 20;
            if (expected.contains(key)) continue;
            auto& slot = table.insert(key);
            slot.set_kind(FlowSlot::Kind::active);
            slot.client_next = step;
            expected[key] = step;
            keys.push_back(key);
        } else if (!keys.empty()) {
            const std::size_t at = random() % keys.size();
            FlowSlot* slot = table.find(keys[at]);
            REQUIRE(slot != nullptr);
            REQUIRE(slot->client_next == expected[keys[at]]);
            table.erase(*slot);
            expected.erase(keys[at]);
            keys[at] = keys.back();
            keys.pop_back();
        }
    }
    REQUIRE(table.size() == expected.size());
    for (const auto& [key, value] : expected) {
        const FlowSlot* slot = table.find(key);
        REQUIRE(slot != nullptr);
        REQUIRE(slot->client_next == value);
    }
}

TEST_CASE("flow table: a flood of handshakes stays within its memory and leaves active flows alone", "[stream]") {
    constexpr std::size_t max_slots = 1 << 12;
    FlowTable table{max_slots};
    std::mt19937_64 random{11};
    std::vector<std::uint64_t> active;
    for (int i = 0; i < 100; ++i) {
        const std::uint64_t key = random();
        table.insert(key).set_kind(FlowSlot::Kind::active);
        active.push_back(key);
    }
    for (int i = 0; i < 100'000; ++i) table.insert(random());
    CHECK(table.memory_size() <= 2 * max_slots * sizeof(FlowSlot));
    CHECK(table.evicted_count() > 90'000);
    for (const auto key : active) {
        const FlowSlot* slot = table.find(key);
        REQUIRE(slot != nullptr);
        CHECK(slot->kind() == FlowSlot::Kind::active);
    }
}

TEST_CASE("fingerprint: the same for both directions, different for different connections", "[stream]") {
    const std::array<std::uint64_t, 2> a{0x0a000001, 0};
    const std::array<std::uint64_t, 2> b{0x0a000002, 0};
    CHECK(fingerprint_of(a, 1000, b, 1688, 5) == fingerprint_of(b, 1688, a, 1000, 5));
    CHECK(fingerprint_of(a, 1000, b, 1688, 5) != fingerprint_of(a, 1688, b, 1000, 5));
    CHECK(fingerprint_of(a, 1000, b, 1688, 5) != fingerprint_of(a, 1001, b, 1688, 5));
    CHECK(fingerprint_of(a, 1000, b, 1688, 5) != fingerprint_of(a, 1000, b, 1688, 6));
}

TEST_CASE("fingerprint: a million connections of a subnet have no two alike", "[stream]") {
    std::vector<std::uint64_t> prints;
    for (std::uint64_t host = 0; host < 1000; ++host)
        for (std::uint16_t port = 1000; port < 2000; ++port)
            prints.push_back(fingerprint_of({0x0a000000 + host, 0}, port, {0x0a00ffff, 0}, 1688, 99));
    std::sort(prints.begin(), prints.end());
    CHECK(std::adjacent_find(prints.begin(), prints.end()) == prints.end());
}
