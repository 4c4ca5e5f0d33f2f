#include "libdiag/session/event_12290.h"

#include <fmt/format.h>

namespace diag::session {
namespace {

// "2026-11-23T20:09:15Z" without its seconds, in the manner of the event log.
std::string minute_of(Filetime time) {
    if (time.ticks == 0) return {};
    std::string text = format_rfc3339(Timestamp{to_timestamp(time).ns}, 0);
    text.resize(text.rfind(':'));
    for (char& c : text) {
        if (c == '-') c = '/';
        if (c == 'T') c = ' ';
    }
    return text;
}

}  // namespace

Event12290 make_event(Timestamp logged_at, std::uint32_t hresult, const kms::BaseRequest* base) {
    Event12290 event{.logged_at = logged_at, .hresult = hresult};
    if (base == nullptr) return event;
    event.required_client_count = base->required_client_count;
    event.workstation_name = base->workstation_text();
    event.client_machine_id = base->client_machine_id;
    event.client_time = base->client_time_filetime;
    event.virtual_machine = base->virtual_machine;
    event.license_status = base->license_status;
    event.binding_expiration_minutes = base->binding_expiration_minutes;
    event.activation_id = base->activation_id;
    return event;
}

std::array<std::string, 9> event_fields(const Event12290& event) {
    return {fmt::format("0x{:X}", event.hresult),
            std::to_string(event.required_client_count),
            event.workstation_name,
            to_string(event.client_machine_id),
            minute_of(event.client_time),
            std::to_string(event.virtual_machine),
            std::to_string(event.license_status),
            std::to_string(event.binding_expiration_minutes),
            to_string(event.activation_id)};
}

}  // namespace diag::session
