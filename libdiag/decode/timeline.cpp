#include "libdiag/decode/timeline.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/check/event_verdict.h"

namespace diag::decode {
namespace {

using check::ClientHistory;
using check::JoinedEvents;
using Kind = check::StepVerdict::Kind;

// Whether the newest step of which anything can be said is a failure.
bool is_in_trouble(const JoinedEvents& events, const ClientHistory& client) {
    for (std::size_t i = client.steps.size(); i-- > 0;) {
        const Kind kind = check::judge(events, client.steps[i]).kind;
        if (kind != Kind::unknown) return kind != Kind::served && kind != Kind::answered;
    }
    return false;
}

}  // namespace

std::vector<const ClientHistory*> clients_to_print(const JoinedEvents& events, bool quiet) {
    std::vector<const ClientHistory*> troubled;
    std::vector<const ClientHistory*> others;
    for (const ClientHistory& client : events.clients)
        (is_in_trouble(events, client) ? troubled : others).push_back(&client);
    if (!quiet) troubled.insert(troubled.end(), others.begin(), others.end());
    if (troubled.size() > timeline_limits::client_count) troubled.resize(timeline_limits::client_count);
    return troubled;
}

std::string events_summary(const JoinedEvents& events) {
    std::size_t count = 0;
    for (const auto& log : events.logs) count += log.events.size();
    return fmt::format("{}, {}, {}", report::format_count(events.logs.size(), "event log", "event logs"),
                       report::format_count(count, "event of KMS", "events of KMS"),
                       report::format_count(events.clients.size(), "client", "clients"));
}

}  // namespace diag::decode
