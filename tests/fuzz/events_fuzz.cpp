// Exported event logs but EVTX: any bytes are read or refused within the limits, and what is kept is of the licensing
// services.

#include <cstdlib>

#include "libdiag/windows/events.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
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
    return 0;
}
