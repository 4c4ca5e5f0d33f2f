#include "libdiag/session/service_order.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>

using namespace diag::session;

namespace {

ServiceRecord record(std::string target, std::uint16_t priority, std::uint16_t weight) {
    return {.priority = priority, .weight = weight, .port = 1688, .target = std::move(target)};
}

// Each draw gives the next of these numbers. The first two leave three records in their order.
RandomBytes numbers(std::vector<std::uint64_t> values) {
    return [values = std::move(values), index = std::size_t{0}](std::span<std::uint8_t> out) mutable {
        const std::uint64_t value = index < values.size() ? values[index++] : 0;
        for (std::size_t i = 0; i < out.size(); ++i)
            out[out.size() - 1 - i] = i < 8 ? static_cast<std::uint8_t>(value >> (8 * i)) : std::uint8_t{0};
    };
}

std::vector<std::string> targets_of(const std::vector<ServiceRecord>& records) {
    std::vector<std::string> targets;
    for (const auto& record : records) targets.push_back(record.target);
    return targets;
}

using Targets = std::vector<std::string>;

}  // namespace

TEST_CASE("service order: the first is the one whose running sum reaches the number drawn", "[session]") {
    // RFC 2782: from 0 to the sum, both included; records of weight 0 come first and so are chosen by 0 alone.
    std::map<std::string, int> chosen;
    for (std::uint64_t drawn = 0; drawn <= 30; ++drawn) {
        const auto order = order_services({record("ten", 0, 10), record("twenty", 0, 20), record("none", 0, 0)},
                                          numbers({2, 1, drawn}));
        REQUIRE(order.size() == 3);
        ++chosen[order.front().target];
    }
    CHECK(chosen == std::map<std::string, int>{{"none", 1}, {"ten", 10}, {"twenty", 20}});
}

TEST_CASE("service order: the second is drawn among the rest", "[session]") {
    const auto order =
        order_services({record("a", 0, 10), record("b", 0, 20), record("c", 0, 30)}, numbers({2, 1, 11, 40}));
    CHECK(targets_of(order) == Targets{"b", "c", "a"});  // 40 of 10 + 30
}

TEST_CASE("service order: in many draws each is first as often as its weight says", "[session]") {
    std::mt19937_64 random{7};
    const RandomBytes bytes = [&](std::span<std::uint8_t> out) {
        for (auto& byte : out) byte = static_cast<std::uint8_t>(random());
    };
    std::map<std::string, int> chosen;
    constexpr int draws = 20'000;
    for (int i = 0; i < draws; ++i)
        ++chosen[order_services({record("a", 0, 100), record("b", 0, 300), record("c", 0, 600)}, bytes).front().target];
    CHECK(chosen["a"] / double{draws} == Approx(0.1).margin(0.02));
    CHECK(chosen["b"] / double{draws} == Approx(0.3).margin(0.02));
    CHECK(chosen["c"] / double{draws} == Approx(0.6).margin(0.02));
}

TEST_CASE("service order: no weight outdoes a priority", "[session]") {
    const auto order = order_services({record("last", 20, 65'535), record("first", 0, 0), record("middle", 10, 1)},
                                      numbers({~std::uint64_t{0}, ~std::uint64_t{0}}));
    CHECK(targets_of(order) == Targets{"first", "middle", "last"});
}

TEST_CASE("service order: without weights all are kept, and each is first as often", "[session]") {
    std::mt19937_64 random{11};
    const RandomBytes bytes = [&](std::span<std::uint8_t> out) {
        for (auto& byte : out) byte = static_cast<std::uint8_t>(random());
    };
    std::map<std::string, int> chosen;
    constexpr int draws = 12'000;
    for (int i = 0; i < draws; ++i) {
        auto targets = targets_of(order_services({record("a", 0, 0), record("b", 0, 0), record("c", 0, 0)}, bytes));
        ++chosen[targets.front()];
        std::sort(targets.begin(), targets.end());
        REQUIRE(targets == Targets{"a", "b", "c"});
    }
    for (const char* target : {"a", "b", "c"}) CHECK(chosen[target] / double{draws} == Approx(1.0 / 3).margin(0.02));
}

TEST_CASE("service order: the chances are those of counting every number that can be drawn", "[session]") {
    // By hand, from RFC 2782: the sum is 30, so 31 numbers; 0 is the share of the record of weight 0.
    const auto chances = first_choice_chances({record("ten", 0, 10), record("twenty", 0, 20), record("none", 0, 0)});
    CHECK(chances[0] == Approx(10.0 / 31));
    CHECK(chances[1] == Approx(20.0 / 31));
    CHECK(chances[2] == Approx(1.0 / 31));
    // Without a record of weight 0 the number 0 belongs to whoever stands first, which is anybody.
    const auto shared = first_choice_chances({record("a", 0, 1), record("b", 0, 3)});
    CHECK(shared[0] == Approx((1 + 0.5) / 5));
    CHECK(shared[1] == Approx((3 + 0.5) / 5));
    const auto reserve = first_choice_chances({record("first", 0, 0), record("reserve", 1, 100), record(".", 0, 9)});
    CHECK(reserve == std::vector<double>{1, 0, 0});
    CHECK(equal_chances({record("first", 0, 0), record("reserve", 1, 100), record(".", 0, 9)}) ==
          std::vector<double>{0.5, 0.5, 0});
    CHECK(first_choice_chances({}).empty());
}

TEST_CASE("service order: the target '.' says that there is no service", "[session]") {
    CHECK(order_services({record(".", 0, 0)}, numbers({})).empty());
    CHECK(order_services({}, numbers({})).empty());
    CHECK(targets_of(order_services({record(".", 0, 5), record("a", 1, 0), record("", 0, 1)}, numbers({}))) ==
          Targets{"a"});
}
