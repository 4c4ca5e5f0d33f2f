#include "libdiag/correlate/client_view.h"

#include <algorithm>
#include <cstdlib>

namespace diag::correlate {
namespace {

constexpr std::string_view rhythm_names[] = {"unknown", "retrying", "renewing"};

constexpr std::int64_t minute_ns = std::int64_t{60} * 1'000'000'000;
constexpr std::int64_t clock_limit_minutes = 240;  // a host refuses what is further off
// planning.md 2: what hosts say by default, for clients that no host told anything.
constexpr std::int64_t default_activation_minutes = 120;
constexpr std::int64_t default_renewal_minutes = 10'080;
constexpr std::size_t rounds_of_rhythm = 3;
// A client counts from the end of its attempt, and the scheduler adds some minutes.
constexpr std::int64_t tolerance_percent = 20;

template <class T> void note(std::vector<Span<T>>& spans, T value, const Contact& contact, std::size_t index) {
    const auto number = static_cast<std::uint32_t>(index);
    auto found = std::find_if(spans.begin(), spans.end(), [&](const auto& s) { return s.value == value; });
    if (found == spans.end()) {
        spans.push_back({.value = std::move(value), .first = contact.time, .first_index = number});
        found = spans.end() - 1;
    }
    found->last = contact.time;
    found->last_index = number;
    ++found->contact_count;
}

Series& series_of(std::vector<Series>& all, const Uuid& application_id) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Series& s) { return s.application_id == application_id; });
    if (found != all.end()) return *found;
    all.push_back({.application_id = application_id});
    return all.back();
}

bool is_near(std::int64_t interval_ns, std::int64_t minutes) {
    const std::int64_t expected = minutes * minute_ns;
    return std::abs(interval_ns - expected) <= expected / 100 * tolerance_percent;
}

// What the last answer told the client, else the defaults.
std::pair<std::int64_t, std::int64_t> intervals_of(const Series& series) {
    const auto told = std::find_if(series.contacts.rbegin(), series.contacts.rend(),
                                   [](const Contact* c) { return c->activation_interval_minutes != 0; });
    if (told == series.contacts.rend()) return {default_activation_minutes, default_renewal_minutes};
    return {(*told)->activation_interval_minutes, (*told)->renewal_interval_minutes};
}

void find_rhythm(Series& series) {
    for (std::size_t i = 0; i < series.contacts.size(); ++i)
        if (i == 0 || series.contacts[i]->time.ns - series.contacts[i - 1]->time.ns > round_ns)
            series.rounds.push_back(i);
    const auto last_success = std::find_if(series.contacts.rbegin(), series.contacts.rend(),
                                           [](const Contact* c) { return is_success(c->result); });
    series.failures_at_end = static_cast<std::size_t>(last_success - series.contacts.rbegin());
    if (series.rounds.size() < 2) return;
    const auto start_of = [&](std::size_t from_end) {
        return series.contacts[series.rounds[series.rounds.size() - 1 - from_end]]->time.ns;
    };
    series.interval_ns = start_of(0) - start_of(1);
    if (series.rounds.size() < rounds_of_rhythm) return;
    const auto [activation, renewal] = intervals_of(series);
    bool retries = true;
    bool renews = true;
    for (std::size_t i = 0; i + 1 < rounds_of_rhythm; ++i) {
        const std::int64_t interval = start_of(i) - start_of(i + 1);
        retries = retries && is_near(interval, activation);
        renews = renews && is_near(interval, renewal);
    }
    // Where a host tells the same interval for both, a rhythm says nothing.
    if (retries != renews) series.rhythm = retries ? Rhythm::retrying : Rhythm::renewing;
}

}  // namespace

std::string_view name_of(Rhythm rhythm) { return rhythm_names[static_cast<std::size_t>(rhythm)]; }

std::string machine_name(std::string_view workstation_name) {
    std::string name{workstation_name.substr(0, workstation_name.find('.'))};
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return name;
}

std::int64_t clock_margin_minutes(std::int64_t clock_difference_s) {
    return clock_limit_minutes - std::abs(clock_difference_s) / 60;
}

ClientView view_of(const ClientHistory& history, const Correlation& correlation) {
    ClientView view;
    for (std::size_t i = 0; i < history.contacts.size(); ++i) {
        const Contact& c = *history.contacts[i];
        if (c.workstation_name != no_text) note(view.names, machine_name(correlation.text(c.workstation_name)), c, i);
        note(view.addresses, c.client, c, i);
        if (c.host.port != 0 && std::find(view.hosts.begin(), view.hosts.end(), c.host) == view.hosts.end())
            view.hosts.push_back(c.host);
        if (c.has_request) view.clock = &c;
        // An attempt that failed before its request may have been for any product: it belongs to each series there is.
        if (c.has_request) series_of(view.series, correlation.product_of(c).application_id);
    }
    if (view.series.empty()) series_of(view.series, Uuid{});
    for (Series& series : view.series) {
        for (const Contact* c : history.contacts)
            if (!c->has_request || correlation.product_of(*c).application_id == series.application_id)
                series.contacts.push_back(c);
        find_rhythm(series);
    }
    return view;
}

}  // namespace diag::correlate
