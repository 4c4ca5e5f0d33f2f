#include "libdiag/correlate/host_view.h"

#include <algorithm>
#include <vector>

namespace diag::correlate {
namespace {

constexpr std::string_view forecast_names[] = {"not_needed", "unknown", "no_rise", "never", "reached_at"};

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t hour_ns = 3600 * second_ns;
constexpr std::int64_t day_ns = 24 * hour_ns;
constexpr std::int64_t memory_days = 30;  // a host forgets an id that it did not hear of for so long
constexpr std::int64_t clock_limit_s = 4 * 3600;
constexpr std::uint32_t clock_refusal = 0xC004F06C;
constexpr std::size_t max_identities = 64;  // of one counted id: a host has one, an emulator any number
constexpr std::size_t max_countings = 16;   // applications of one host: there are three

// Numbers of clients, with repetitions: a set of the standard library would take ten times as much for a million.
using Owners = std::vector<std::uint32_t>;

std::size_t count_distinct(Owners::iterator first, Owners::iterator last) {
    std::sort(first, last);
    return static_cast<std::size_t>(std::unique(first, last) - first);
}

Counting* counting_of(std::vector<Counting>& all, const Uuid& application_id) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Counting& c) { return c.application_id == application_id; });
    if (found != all.end()) return &*found;
    if (all.size() >= max_countings) return nullptr;
    all.push_back({.application_id = application_id});
    return &all.back();
}

void note_count(Counting& counting, const Contact& c) {
    auto& points = counting.points;
    const CountPoint point{.time = c.time, .count = c.count, .contact = &c};
    // The last of several equal counts moves on; the first of them stays.
    const bool moves =
        points.size() > 1 && points.back().count == c.count && points[points.size() - 2].count == c.count;
    if (moves) {
        points.back() = point;
        return;
    }
    if (points.size() >= Counting::max_points) {
        points.erase(points.begin() + 1);
        ++counting.dropped_points;
    }
    points.push_back(point);
}

struct Ids {
    Owners all;
    std::size_t first_since_fall = 0;
    std::uint32_t need = 0;  // the largest since the count last fell
    // Client, and the need at its request: both since the count last fell.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> since_fall;
};

// Lets them into a list in the order in which they came. What a host forgot for want of room it may not have counted again.
std::size_t count_held(std::vector<std::pair<std::uint32_t, std::uint32_t>>& clients) {
    constexpr std::size_t most_held = 50;
    std::sort(clients.begin(), clients.end());
    const auto end =
        std::unique(clients.begin(), clients.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
    std::sort(clients.begin(), end, [](const auto& a, const auto& b) { return a.second < b.second; });
    std::size_t held = 0;
    std::for_each(clients.begin(), end, [&](const auto& client) {
        if (held < std::min(most_held, std::size_t{2} * client.second)) ++held;
    });
    return held;
}

void note_clients(Counting& counting, Ids& ids, const Contact& c) {
    const bool fell = !counting.points.empty() && c.count < counting.points.back().count;
    if (fell) {
        ids.first_since_fall = ids.all.size();
        counting.last_fall = c.time;
        counting.lowest_since_fall = c.count;
        ids.need = 0;
        ids.since_fall.clear();
    }
    ids.need = std::max(ids.need, c.needed);
    ids.all.push_back(c.owner);
    ids.since_fall.emplace_back(c.owner, ids.need);
}

// Appends an id that is new; true when the last one is another, known one.
bool note_identity(std::vector<TextId>& known, TextId& current, TextId id) {
    const bool is_known = std::find(known.begin(), known.end(), id) != known.end();
    const bool comes_back = is_known && current != id;
    if (!is_known && known.size() < max_identities) known.push_back(id);
    current = id;
    return comes_back;
}

struct Current {
    TextId epid{}, hwid{};
};

void note_identities(Counting& counting, std::vector<Current>& current, const Uuid& kms_id, const Contact& c) {
    auto found = std::find_if(counting.identities.begin(), counting.identities.end(),
                              [&](const Identities& i) { return i.kms_id == kms_id; });
    if (found == counting.identities.end()) {
        if (counting.identities.size() >= max_identities) return;
        counting.identities.push_back({.kms_id = kms_id});
        current.emplace_back();
        found = counting.identities.end() - 1;
    }
    Current& now = current[static_cast<std::size_t>(found - counting.identities.begin())];
    ++found->answer_count;
    const std::size_t before = found->epids.size();
    if (note_identity(found->epids, now.epid, c.epid)) found->comes_back = true;
    if (found->epids.size() > before) found->first_of.push_back(&c);
    // Versions 4 and 5 have no hardware id.
    if (c.hwid != no_text && note_identity(found->hwids, now.hwid, c.hwid)) found->hwid_comes_back = true;
}

// Since the count last fell: what was counted before that is gone.
Forecast forecast_of(const Counting& counting) {
    const auto& points = counting.points;
    if (points.empty()) return {};
    const CountPoint& last = points.back();
    if (last.count >= counting.needed) return {.kind = Forecast::Kind::not_needed};
    const auto first =
        std::find_if(points.begin(), points.end(), [&](const CountPoint& p) { return p.time >= counting.last_fall; });
    const std::int64_t elapsed = last.time.ns - first->time.ns;
    if (elapsed < hour_ns) return {};
    if (last.count <= first->count) return {.kind = Forecast::Kind::no_rise};
    const double rise = static_cast<double>(last.count - first->count) / static_cast<double>(elapsed) * day_ns;
    if (rise * memory_days < counting.needed) return {.kind = Forecast::Kind::never, .rise_a_day = rise};
    const double days = static_cast<double>(counting.needed - last.count) / rise;
    return {.kind = Forecast::Kind::at,
            .rise_a_day = rise,
            .time = {last.time.ns + static_cast<std::int64_t>(days * day_ns)}};
}

void narrow(ClockBounds& bounds, const Contact& c, std::vector<std::int64_t>& refused) {
    const auto difference = c.clock_difference_s();
    if (!difference) return;
    if (c.result == Result::refused && c.code == clock_refusal) {
        refused.push_back(*difference);
    } else if (c.result == Result::granted || c.result == Result::count_low || c.result == Result::accepted) {
        bounds.least_s = std::max(bounds.least_s, *difference - clock_limit_s);
        bounds.most_s = std::min(bounds.most_s, *difference + clock_limit_s);
    }
}

// A refused clock is more than 4 hours off, on one side or the other: it cuts where only one side is left.
void cut(ClockBounds& bounds, const std::vector<std::int64_t>& refused) {
    if (!bounds.is_known()) return;
    for (const std::int64_t difference : refused) {
        const std::int64_t from = difference - clock_limit_s;
        const std::int64_t to = difference + clock_limit_s;
        if (bounds.least_s >= from && bounds.least_s <= to) bounds.least_s = to;
        if (bounds.most_s >= from && bounds.most_s <= to) bounds.most_s = from;
    }
}

}  // namespace

std::string_view name_of(Forecast::Kind kind) { return forecast_names[static_cast<std::size_t>(kind)]; }

HostView view_of(const HostHistory& history, const Correlation& correlation) {
    HostView view;
    Owners clients;
    std::vector<Ids> ids;
    std::vector<std::vector<Current>> current;
    std::vector<std::int64_t> refused;
    for (const Contact* contact : history.contacts) {
        const Contact& c = *contact;
        clients.push_back(c.owner);
        if (!c.has_request) continue;
        narrow(view.clock, c, refused);
        const ProductIds product = correlation.product_of(c);
        Counting* counting = counting_of(view.countings, product.application_id);
        if (counting == nullptr) continue;
        const auto index = static_cast<std::size_t>(counting - view.countings.data());
        ids.resize(view.countings.size());
        current.resize(view.countings.size());
        counting->needed = std::max(counting->needed, c.needed);
        if (!c.has_count) continue;
        note_clients(*counting, ids[index], c);
        note_count(*counting, c);
        note_identities(*counting, current[index], product.kms_id, c);
    }
    for (std::size_t i = 0; i < view.countings.size(); ++i) {
        Counting& counting = view.countings[i];
        if (i < ids.size()) {
            Owners& all = ids[i].all;
            const auto since_fall = all.begin() + static_cast<std::ptrdiff_t>(ids[i].first_since_fall);
            counting.clients_since_fall = count_distinct(since_fall, all.end());
            counting.client_count = count_distinct(all.begin(), all.end());
            counting.held_since_fall = count_held(ids[i].since_fall);
        }
        counting.forecast = forecast_of(counting);
    }
    view.client_count = count_distinct(clients.begin(), clients.end());
    cut(view.clock, refused);
    return view;
}

}  // namespace diag::correlate
