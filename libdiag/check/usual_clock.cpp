#include "libdiag/check/usual_clock.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>

namespace diag::check {
namespace {

using correlate::Contact;
using Contacts = std::vector<const Contact*>;

// Capturing machines with several queues write packets a little out of order.
constexpr std::int64_t step_ns = std::int64_t{60} * 1'000'000'000;

// All of one capture, in the order of its packets.
bool steps_back(Contacts::const_iterator first, Contacts::const_iterator last) {
    Timestamp latest = (*first)->time;
    return std::any_of(first, last, [&](const Contact* c) {
        latest = std::max(latest, c->time);
        return latest.ns - c->time.ns > step_ns;
    });
}

// Each client once, with its latest.
std::vector<std::int64_t> differences_of(Contacts::iterator first, Contacts::iterator last) {
    std::sort(first, last, [](const Contact* a, const Contact* b) {
        return std::tie(a->owner, b->packet, b->time) < std::tie(b->owner, a->packet, a->time);
    });
    last = std::unique(first, last, [](const Contact* a, const Contact* b) { return a->owner == b->owner; });
    std::vector<std::int64_t> differences;
    for (; first != last; ++first) differences.push_back(*(*first)->clock_difference_s());
    return differences;
}

UsualClock usual_of(std::vector<std::int64_t> differences) {
    constexpr std::size_t enough_clients = 4;
    constexpr std::int64_t agreement_s = 30 * 60;
    UsualClock usual{.difference_s = {}, .client_count = differences.size()};
    if (differences.size() < enough_clients) return usual;
    const auto middle = differences.begin() + static_cast<std::ptrdiff_t>(differences.size() / 2);
    std::nth_element(differences.begin(), middle, differences.end());
    const std::int64_t median = *middle;
    const auto agreeing = static_cast<std::size_t>(std::count_if(
        differences.begin(), differences.end(), [&](std::int64_t d) { return std::abs(d - median) <= agreement_s; }));
    if (agreeing * 4 >= differences.size() * 3) usual.difference_s = median;
    return usual;
}

}  // namespace

std::vector<UsualClock> usual_clocks(const correlate::Correlation& correlation) {
    Contacts all;
    correlation.for_each_contact([&](const Contact& c) {
        if (c.has_request) all.push_back(&c);
    });
    std::sort(all.begin(), all.end(), [](const Contact* a, const Contact* b) {
        return std::tie(a->file, a->packet, a->time) < std::tie(b->file, b->packet, b->time);
    });
    std::vector<UsualClock> clocks(correlation.file_count());
    for (auto first = all.begin(); first != all.end();) {
        const auto last = std::find_if(first, all.end(), [&](const Contact* c) { return c->file != (*first)->file; });
        if ((*first)->file < clocks.size() && !steps_back(first, last))
            clocks[(*first)->file] = usual_of(differences_of(first, last));
        first = last;
    }
    return clocks;
}

}  // namespace diag::check
