#include "libdiag/windows/event_clock.h"

#include <algorithm>
#include <chrono>
#include <map>

namespace diag::windows {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t quarter_ns = 15 * 60 * second_ns;
constexpr std::int64_t widest_zone_ns = 14 * 3600 * second_ns;  // UTC+14, and as many to the west

const LoggedRequest* request_of(const KmsEvent& event) {
    if (const auto* sent = std::get_if<RequestSent>(&event.body)) return &sent->request;
    if (const auto* processed = std::get_if<RequestProcessed>(&event.body)) return &processed->request;
    return nullptr;
}

// The host refused it for its clock: client and host do not have the same time, whatever the zone.
bool has_other_clock(const KmsEvent& event) {
    constexpr std::uint32_t invalid_timestamp = 0xC004F06C;  // SL_E_VL_INVALID_TIMESTAMP
    const auto* processed = std::get_if<RequestProcessed>(&event.body);
    return processed != nullptr && processed->hresult == invalid_timestamp;
}

bool is_local(const KmsEvent& event) {
    return event.clock == EventClock::local || event.clock == EventClock::ambiguous;
}

// The nearest quarter of an hour.
std::int64_t rounded(std::int64_t ns) {
    const std::int64_t half = ns >= 0 ? quarter_ns / 2 : -quarter_ns / 2;
    return (ns + half) / quarter_ns * quarter_ns;
}

// 4 March for 3 April; the same moment where that is no date.
Timestamp swapped(Timestamp time) {
    using namespace std::chrono;
    const sys_time<nanoseconds> moment{nanoseconds{time.ns}};
    const auto midnight = floor<days>(moment);
    const year_month_day date{midnight};
    const year_month_day other{date.year(), month{static_cast<unsigned>(date.day())},
                               day{static_cast<unsigned>(date.month())}};
    if (!other.ok()) return time;
    return {(sys_days{other} + (moment - midnight)).time_since_epoch().count()};
}

struct Zone {
    std::int64_t offset_ns = 0;
    std::size_t count = 0;  // requests that ask for it
    bool is_swapped = false;
};

Timestamp read_as(const KmsEvent& event, bool is_swapped) {
    return is_swapped && event.clock == EventClock::ambiguous ? swapped(event.time) : event.time;
}

// A client's own 12288 has its clock twice. In a 12290 two clocks meet, so those count only where there are no others.
Zone zone_of(const KmsLog& log, bool is_swapped) {
    const bool has_own = std::ranges::any_of(
        log.events, [](const KmsEvent& event) { return std::holds_alternative<RequestSent>(event.body); });
    std::map<std::int64_t, std::size_t> counts;
    for (const KmsEvent& event : log.events) {
        const LoggedRequest* request = request_of(event);
        if (request == nullptr || !request->client_time || !is_local(event) || has_other_clock(event)) continue;
        if (has_own && !std::holds_alternative<RequestSent>(event.body)) continue;
        const std::int64_t offset = rounded(read_as(event, is_swapped).ns - request->client_time->ns);
        if (offset >= -widest_zone_ns && offset <= widest_zone_ns) ++counts[offset];
    }
    Zone zone{.is_swapped = is_swapped};
    for (const auto& [offset, count] : counts)
        if (count > zone.count) zone = {.offset_ns = offset, .count = count, .is_swapped = is_swapped};
    return zone;
}

}  // namespace

std::vector<PlacedTime> place_in_utc(const KmsLog& log) {
    const Zone plain = zone_of(log, false);
    const Zone other = zone_of(log, true);
    const Zone& zone = other.count > plain.count ? other : plain;
    std::vector<PlacedTime> out;
    out.reserve(log.events.size());
    for (const KmsEvent& event : log.events) {
        const LoggedRequest* request = request_of(event);
        PlacedTime& placed = out.emplace_back();
        if (event.clock == EventClock::utc) {
            placed = {.at = event.time, .source = TimeSource::log};
        } else if (!is_local(event)) {
            if (request != nullptr && request->client_time)
                placed = {.at = *request->client_time, .source = TimeSource::derived};
        } else if (zone.count > 0) {
            placed = {.at = {read_as(event, zone.is_swapped).ns - zone.offset_ns}, .source = TimeSource::derived};
        } else {
            placed = {.at = event.time, .source = TimeSource::local};
        }
    }
    return out;
}

}  // namespace diag::windows
