#include "libdiag/check/event_counts.h"

#include <algorithm>
#include <map>
#include <vector>

#include "libdiag/proto/dns/service_name.h"
#include "libdiag/proto/kms/catalogue.h"

namespace diag::check {
namespace {

using windows::RequestProcessed;

constexpr std::int64_t memory_ns = std::int64_t{30} * 24 * 3600 * 1'000'000'000;

struct Counted {
    Timestamp time;
    EventRef ref;
    Uuid client_machine_id;
    std::uint32_t required_count = 0;
};

// Of one host, for one application.
using Requests = std::map<std::pair<std::string, Uuid>, std::vector<Counted>>;

void add(Requests& requests, const JoinedEvents& events, EventRef ref) {
    const auto* processed = std::get_if<RequestProcessed>(&events.at(ref).body);
    const auto& time = events.time_of(ref);
    if (processed == nullptr || processed->hresult != 0 || time.source == windows::TimeSource::none) return;
    const auto& request = processed->request;
    const auto* product = request.activation_id ? kms::find_product(*request.activation_id) : nullptr;
    if (product == nullptr || !request.required_count) return;
    requests[{dns::lower_case(events.at(ref).computer), product->application_id}].push_back(
        {time.at, ref, request.client_machine_id, *request.required_count});
}

Requests requests_of(const JoinedEvents& events) {
    Requests out;
    for (std::size_t log = 0; log < events.logs.size(); ++log)
        for (std::size_t i = 0; i < events.logs[log].events.size(); ++i) add(out, events, {log, i});
    return out;
}

// The machine ids of the last 30 days.
class Memory {
public:
    std::size_t count_with(const Counted& request) {
        const auto [known, is_new] = newest_.try_emplace(request.client_machine_id, request.time);
        if (!is_new) {
            by_time_.erase({known->second, known->first});
            known->second = request.time;
        }
        by_time_.emplace(request.time, request.client_machine_id);
        while (request.time.ns - by_time_.begin()->first.ns > memory_ns) {
            newest_.erase(by_time_.begin()->second);
            by_time_.erase(by_time_.begin());
        }
        return newest_.size();
    }

private:
    std::map<Uuid, Timestamp> newest_;
    std::set<std::pair<Timestamp, Uuid>> by_time_;
};

}  // namespace

LoggedCounts::LoggedCounts(const JoinedEvents& events) {
    for (auto& [host, requests] : requests_of(events)) {
        std::ranges::stable_sort(requests, {}, &Counted::time);
        Memory memory;
        for (const Counted& request : requests)
            if (memory.count_with(request) >= request.required_count)
                enough_.emplace(request.ref.log, request.ref.event);
    }
}

bool LoggedCounts::suffice_at(const RequestStep& step) const {
    return step.processed && enough_.contains({step.processed->log, step.processed->event});
}

}  // namespace diag::check
