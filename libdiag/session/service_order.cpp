#include "libdiag/session/service_order.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace diag::session {
namespace {

// From 0 to `last`, evenly enough: the sum of weights is tiny beside 64 bits.
std::uint64_t draw(std::uint64_t last, const RandomBytes& random) {
    std::array<std::uint8_t, 8> bytes{};
    random(bytes);
    const std::uint64_t value =
        std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0}, [](auto v, auto b) { return v << 8U | b; });
    return value % (last + 1);
}

// Moves one record, drawn by weight, to the front.
void choose_first(std::span<ServiceRecord> records, const RandomBytes& random) {
    std::stable_partition(records.begin(), records.end(), [](const auto& r) { return r.weight == 0; });
    std::uint64_t sum = 0;
    for (const auto& record : records) sum += record.weight;
    const std::uint64_t mark = draw(sum, random);
    std::uint64_t running = 0;
    for (auto at = records.begin(); at != records.end(); ++at) {
        running += at->weight;
        if (running >= mark) {
            std::rotate(records.begin(), at, at + 1);
            return;
        }
    }
}

}  // namespace

std::vector<ServiceRecord> order_services(std::vector<ServiceRecord> records, const RandomBytes& random) {
    std::erase_if(records, [](const auto& r) { return r.target.empty() || r.target == "."; });
    std::stable_sort(records.begin(), records.end(),
                     [](const auto& a, const auto& b) { return a.priority < b.priority; });
    for (auto begin = records.begin(); begin != records.end(); ++begin) {
        const auto end =
            std::find_if(begin, records.end(), [&](const auto& r) { return r.priority != begin->priority; });
        choose_first({begin, end}, random);
    }
    return records;
}

}  // namespace diag::session
