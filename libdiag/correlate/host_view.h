#pragma once

#include "libdiag/correlate/correlation.h"

namespace diag::correlate {

/// The host said this count; kept where it differs from the one before, and the last.
struct CountPoint {
    Timestamp time;
    std::uint32_t count = 0;
    const Contact* contact = nullptr;
};

/// When the count will be enough, if clients go on coming as they did.
struct Forecast {
    enum class Kind : std::uint8_t {
        not_needed,  ///< it is enough
        unknown,     ///< one count, or too little time between them
        no_rise,     ///< it did not rise
        never,       ///< so slowly that ids are forgotten before there are enough
        at,
    };
    Kind kind = Kind::unknown;
    double rise_a_day = 0;  ///< no_rise, never, at
    Timestamp time;         ///< at
};

/// "not_needed", "unknown", "no_rise", "never", "reached_at": the words of the JSON output.
std::string_view name_of(Forecast::Kind kind);

/// ePIDs (or hardware ids) that answered for one counted id: each with how often, in the order in which they came first.
struct Identities {
    Uuid kms_id;
    std::vector<TextId> epids, hwids;
    std::vector<const Contact*> first_of;  ///< of each ePID
    std::size_t answer_count = 0;
    bool comes_back = false;  ///< one that was replaced by another answered again
    bool hwid_comes_back = false;
};

/// What a host says for one application: it counts each by itself.
struct Counting {
    static constexpr std::size_t max_points = 64;  ///< the first, and the latest before the last

    Uuid application_id;
    std::uint32_t needed = 0;  ///< the highest number that a request asked for
    std::vector<CountPoint> points;
    std::size_t dropped_points = 0;
    std::size_t client_count = 0;        ///< distinct ids that got a count
    std::size_t clients_since_fall = 0;  ///< the same, since the count last fell
    /// As many of those as the host's list has at least room for: twice the largest need so far (planning.md 1).
    std::size_t held_since_fall = 0;
    Timestamp last_fall;  ///< 0: it never fell
    std::uint32_t lowest_since_fall = 0;
    std::vector<Identities> identities;
    Forecast forecast;
};

/// Host clock minus capture clock, as answers and refusals bound it (a host refuses what is more than 4 hours off).
struct ClockBounds {
    std::int64_t least_s = INT64_MIN, most_s = INT64_MAX;
    bool is_known() const { return least_s != INT64_MIN; }
    /// Bounds that contradict each other: several machines answer, or clocks were set.
    bool is_possible() const { return least_s <= most_s; }
    /// One answer alone leaves eight hours.
    bool says_more_than_one_answer() const { return is_known() && is_possible() && most_s - least_s < 8 * 3600 - 60; }
};

/// What the contacts with one host show together.
struct HostView {
    std::vector<Counting> countings;
    std::size_t client_count = 0;  ///< distinct, whatever became of them
    ClockBounds clock;
};

HostView view_of(const HostHistory& history, const Correlation& correlation);

}  // namespace diag::correlate
