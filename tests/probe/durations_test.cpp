#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "libdiag/probe/target_report.h"

using namespace diag::probe;
using std::chrono::nanoseconds;

namespace {

// By the definition of the nearest rank, in whole numbers: the smallest value that at least `percent` of all do not exceed.
nanoseconds by_definition(std::vector<nanoseconds> values, std::size_t percent) {
    std::ranges::sort(values);
    for (const nanoseconds value : values) {
        const auto not_above =
            static_cast<std::size_t>(std::ranges::count_if(values, [&](auto v) { return v <= value; }));
        if (not_above * 100 >= percent * values.size()) return value;
    }
    return values.back();
}

}  // namespace

TEST_CASE("durations: each percentile is the nearest rank", "[probe]") {
    std::mt19937 random{1};
    for (std::size_t size = 1; size <= 120; ++size) {
        Durations durations;
        std::vector<nanoseconds> values;
        for (std::size_t i = 0; i < size; ++i) {
            values.emplace_back(random() % (size + 1));  // with equal ones among them
            durations.add(values.back());
        }
        for (std::size_t percent = 0; percent <= 100; ++percent) {
            CAPTURE(size, percent);
            REQUIRE(durations.percentile(static_cast<double>(percent) / 100) == by_definition(values, percent));
        }
    }
}

TEST_CASE("durations: none are zero, and count, last and mean are of all", "[probe]") {
    Durations durations;
    CHECK(durations.percentile(0.5) == nanoseconds{0});
    CHECK(durations.mean() == nanoseconds{0});
    for (const int value : {5, 1, 9}) durations.add(nanoseconds{value});
    CHECK(durations.count() == 3);
    CHECK(durations.last() == nanoseconds{9});
    CHECK(durations.mean() == nanoseconds{5});
}

TEST_CASE("durations: of a long series the percentiles are those of the last 65,536", "[probe]") {
    Durations durations;
    constexpr int more = 1000, kept = 65'536;
    for (int i = 1; i <= more + kept; ++i) durations.add(nanoseconds{i});
    CHECK(durations.count() == more + kept);
    CHECK(durations.percentile(0) == nanoseconds{more + 1});
    CHECK(durations.percentile(1) == nanoseconds{more + kept});
    CHECK(durations.mean() == nanoseconds{(more + kept + 1) / 2});
}
