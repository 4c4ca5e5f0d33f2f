// Exported event logs but EVTX: any bytes are read or refused within the limits, and what is kept is of the licensing
// services.

#include <cstdlib>

#include "libdiag/check/event_findings.h"
#include "libdiag/decode/timeline.h"
#include "libdiag/windows/events.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

// The same by name, joined with itself and judged.
void check_typed(const diag::windows::EventLog& log) {
    using namespace diag;
    const std::vector logs{windows::kms_log(log, "a"), windows::kms_log(log, "b")};
    require(logs[0].events.size() + logs[0].other_count + logs[0].unreadable_count == log.events.size());
    require(windows::place_in_utc(logs[0]).size() == logs[0].events.size());
    const auto events = check::join_events(logs);
    std::size_t parts = 0;
    for (const auto& client : events.clients) {
        require(!client.steps.empty());
        for (const auto& step : client.steps) {
            const std::size_t count = (step.sent ? 1U : 0U) + (step.processed ? 1U : 0U) + (step.answered ? 1U : 0U) +
                                      (step.failed ? 1U : 0U);
            require(count > 0 && (!step.failed || count == 1));
            parts += count;
        }
    }
    require(parts + events.publications.size() <= logs[0].events.size() + logs[1].events.size());
    for (const auto& finding : check::check_events(events)) {
        require(finding.rule != nullptr && !finding.target.empty() && !finding.title.empty());
        require(!finding.evidence.empty() && finding.evidence.size() <= 32);
    }
    std::string text;
    for (const auto* client : decode::clients_to_print(events, false)) {
        decode::append_timeline_text(text, events, *client, report::Style{false}, true);
        decode::append_timeline_json(text, events, *client);
    }
    for (const char c : text) require(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace diag::windows;
    const auto log = read_events({data, size});
    if (!log) {
        require(!log.error().empty() && log.error().find('\n') == std::string::npos);
        return 0;
    }
    require(log->events.size() + log->other_count + log->unreadable_count <= size);
    if (log->problem) require(!log->problem->empty() && log->problem->find('\n') == std::string::npos);
    for (const Event& event : log->events) {
        require(is_licensing_provider(event.provider));
        require(event.fields.size() <= limits::event_field_count);
        require(event.clock != EventClock::unknown || event.time == diag::Timestamp{});
        for (const std::string& field : event.fields) require(field.size() <= limits::event_text_size);
    }
    const auto found = publications(log->events);
    require(found.size() <= log->events.size());
    for (const Publication& publication : found) {
        require(!publication.domain.empty() && !(publication.succeeded && publication.hresult));
    }
    check_typed(*log);
    return 0;
}
