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

bool is_usable(const ServiceRecord& record) { return !record.target.empty() && record.target != "."; }

// Every order of equals is as good as any other: let none be the usual one.
void shuffle(std::vector<ServiceRecord>& records, const RandomBytes& random) {
    for (std::size_t count = records.size(); count > 1; --count)
        std::swap(records[count - 1], records[draw(count - 1, random)]);
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
    std::erase_if(records, [](const auto& r) { return !is_usable(r); });
    shuffle(records, random);
    std::stable_sort(records.begin(), records.end(),
                     [](const auto& a, const auto& b) { return a.priority < b.priority; });
    for (auto begin = records.begin(); begin != records.end(); ++begin) {
        const auto end =
            std::find_if(begin, records.end(), [&](const auto& r) { return r.priority != begin->priority; });
        choose_first({begin, end}, random);
    }
    return records;
}

std::vector<double> first_choice_chances(const std::vector<ServiceRecord>& records) {
    std::vector<double> chances(records.size(), 0.0);
    std::uint32_t best = 0x10000;
    for (const auto& r : records)
        if (is_usable(r)) best = std::min<std::uint32_t>(best, r.priority);
    const auto is_candidate = [&](const ServiceRecord& r) { return is_usable(r) && r.priority == best; };
    double sum = 0, count = 0, zero_count = 0;
    for (const auto& r : records) {
        if (!is_candidate(r)) continue;
        sum += r.weight;
        ++count;
        if (r.weight == 0) ++zero_count;
    }
    // The mark is one of 0 ... sum. Of those numbers 0 belongs to whoever stands first: one of weight 0, if there is any.
    for (std::size_t i = 0; i < records.size(); ++i) {
        const ServiceRecord& r = records[i];
        if (!is_candidate(r)) continue;
        const double share_of_zero = zero_count == 0 ? 1 / count : r.weight == 0 ? 1 / zero_count : 0;
        chances[i] = (r.weight + share_of_zero) / (sum + 1);
    }
    return chances;
}

std::vector<double> equal_chances(const std::vector<ServiceRecord>& records) {
    const auto count = static_cast<double>(std::count_if(records.begin(), records.end(), is_usable));
    std::vector<double> chances;
    chances.reserve(records.size());
    for (const auto& r : records) chances.push_back(is_usable(r) ? 1 / count : 0);
    return chances;
}

}  // namespace diag::session
