#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/check/event_text.h"
#include "libdiag/decode/document_json.h"
#include "libdiag/decode/timeline.h"
#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/report/json_finding.h"

namespace diag::decode {
namespace {

using check::EventRef;
using check::JoinedEvents;
using check::RequestStep;
using report::JsonWriter;
using windows::PlacedTime;
using windows::TimeSource;

constexpr int schema_version = 1;
constexpr unsigned log_digits = 7;  // what an event log keeps

void begin(JsonWriter& json, std::string_view kind) {
    json.begin_object();
    json.member("schema_version", schema_version);
    json.plain_member("kind", kind);
}

std::string_view name_of(TimeSource source) {
    switch (source) {
        case TimeSource::none: return "none";
        case TimeSource::log: return "log";
        case TimeSource::derived: return "derived";
        case TimeSource::local: return "local";
    }
    return "none";
}

void write_placed(JsonWriter& json, const PlacedTime& time) {
    json.key("time");
    if (time.source == TimeSource::none) {
        json.value(nullptr);
    } else {
        json.plain(format_rfc3339(time.at, time.at.ns % 1'000'000'000 == 0 ? 0 : log_digits));
    }
    json.plain_member("time_source", name_of(time.source));
}

void write_code_member(JsonWriter& json, std::string_view key, const std::optional<std::uint32_t>& code) {
    json.key(key);
    if (code) {
        json.plain(format_code(*code));
    } else {
        json.value(nullptr);
    }
}

void write_time_member(JsonWriter& json, std::string_view key, const std::optional<Timestamp>& time) {
    json.key(key);
    if (time) {
        json.plain(format_rfc3339(*time, 0));
    } else {
        json.value(nullptr);
    }
}

void write_client_fields(JsonWriter& json, const windows::LoggedRequest& request) {
    json.member("client_machine_id", request.client_machine_id);
    write_time_member(json, "client_time", request.client_time);
    json.member("virtual_machine", request.virtual_machine);
    json.member("license_status", request.license_status);
    json.member("expiration_minutes", request.minutes_to_expiry);
    json.member("activation_id", request.activation_id);
    json.member("required_client_count", request.required_count);
}

// Opens the object of an event, or writes null where the step has none.
bool begin_event(JsonWriter& json, std::string_view key, const JoinedEvents& events,
                 const std::optional<EventRef>& ref) {
    json.key(key);
    if (!ref) {
        json.value(nullptr);
        return false;
    }
    const windows::KmsEvent& event = events.at(*ref);
    json.begin_object();
    json.member("event_id", event.event_id);
    json.member("log", std::string_view{events.logs[ref->log].name});
    json.text_or_null("computer", event.computer);
    write_placed(json, events.time_of(*ref));
    return true;
}

void write_sent(JsonWriter& json, const JoinedEvents& events, const RequestStep& step) {
    if (!begin_event(json, "sent", events, step.sent)) return;
    const auto& sent = *events.sent(step);
    json.plain_member("hresult", format_code(sent.hresult));
    json.plain_member("flags", format_code(sent.flags));
    json.text_or_null("host", sent.host);
    json.member("port", sent.port);
    write_client_fields(json, sent.request);
    json.end_object();
}

void write_processed(JsonWriter& json, const JoinedEvents& events, const RequestStep& step) {
    if (!begin_event(json, "processed", events, step.processed)) return;
    const auto& processed = *events.processed(step);
    json.plain_member("hresult", format_code(processed.hresult));
    json.text_or_null("workstation_name", processed.machine_name);
    write_client_fields(json, processed.request);
    json.end_object();
}

void write_answered(JsonWriter& json, const JoinedEvents& events, const RequestStep& step) {
    if (!begin_event(json, "answered", events, step.answered)) return;
    const auto& answer = *events.answered(step);
    json.plain_member("hresult", format_code(answer.hresult));
    json.plain_member("flags", format_code(answer.flags));
    json.member("activated", answer.activated);
    json.member("count", answer.count);
    json.member("activation_interval_minutes", answer.activation_interval_minutes);
    json.member("renewal_interval_minutes", answer.renewal_interval_minutes);
    write_time_member(json, "client_time", answer.client_time);
    json.end_object();
}

void write_failed(JsonWriter& json, const JoinedEvents& events, const RequestStep& step) {
    if (!begin_event(json, "failed", events, step.failed)) return;
    const auto& failed = *events.failed(step);
    json.plain_member("hresult", format_code(failed.hresult));
    json.member("activation_id", failed.activation_id);
    json.text_or_null("trigger", failed.trigger);
    json.end_object();
}

void write_captured(JsonWriter& json, const check::CapturedRequest* seen, check::CaptureMatch match) {
    json.key("captured");
    if (seen == nullptr) return json.value(nullptr);
    json.begin_object();
    json.member("capture", std::string_view{seen->capture});
    json.member("first_packet", seen->first_packet);
    json.member("last_packet", seen->last_packet);
    json.plain_member("time", format_rfc3339(seen->began, 9));
    write_endpoint(json, "client", seen->client);
    write_endpoint(json, "host", seen->host);
    json.plain_member("outcome", check::name_of(seen->outcome));
    write_code_member(json, "hresult", seen->hresult);
    json.member("count", seen->count);
    json.plain_member("matched_by", match == check::CaptureMatch::by_time ? "time" : "request");
    json.end_object();
}

void write_step(JsonWriter& json, const JoinedEvents& events, const RequestStep& step) {
    json.begin_object();
    write_placed(json, step.time);
    json.member("activation_id", step.activation_id);
    const auto* product = step.activation_id ? kms::find_product(*step.activation_id) : nullptr;
    json.text_or_null("product", product == nullptr ? std::string_view{} : product->name);
    write_sent(json, events, step);
    write_captured(json, events.capture(step), step.match);
    write_processed(json, events, step);
    write_answered(json, events, step);
    write_failed(json, events, step);
    json.end_object();
}

void write_logs(JsonWriter& json, const JoinedEvents& events) {
    json.key("logs").begin_array();
    for (const windows::KmsLog& log : events.logs) {
        json.begin_object();
        json.member("log", std::string_view{log.name});
        json.member("event_count", log.events.size());
        json.member("other_count", log.other_count);
        json.member("unreadable_count", log.unreadable_count);
        json.end_object();
    }
    json.end_array();
}

void write_publications(JsonWriter& json, const JoinedEvents& events) {
    const auto& all = events.publications;
    json.key("publications").begin_array();
    for (std::size_t i = all.size() - std::min(all.size(), timeline_limits::publication_count); i < all.size(); ++i) {
        const auto& publication = std::get<windows::Publication>(events.at(all[i]).body);
        json.begin_object();
        json.member("event_id", events.at(all[i]).event_id);
        json.member("log", std::string_view{events.logs[all[i].log].name});
        json.text_or_null("computer", publication.computer);
        write_placed(json, events.time_of(all[i]));
        json.member("domain", std::string_view{publication.domain});
        json.member("succeeded", publication.succeeded);
        write_code_member(json, "hresult", publication.hresult);
        json.end_object();
    }
    json.end_array();
}

}  // namespace

void append_timeline_json(std::string& out, const JoinedEvents& events, const check::ClientHistory& client) {
    JsonWriter json{out};
    begin(json, "timeline");
    json.member("client_machine_id", client.client_machine_id);
    json.text_or_null("computer", client.name);
    const std::size_t skipped = client.steps.size() - std::min(client.steps.size(), timeline_limits::step_count);
    json.member("older_step_count", skipped);
    json.key("steps").begin_array();
    for (std::size_t i = skipped; i < client.steps.size(); ++i) write_step(json, events, client.steps[i]);
    json.end_array();
    json.end_object();
    out += '\n';
}

void append_events_json(std::string& out, const JoinedEvents& events, std::span<const check::Finding> findings) {
    JsonWriter json{out};
    begin(json, "events");
    write_logs(json, events);
    json.member("client_count", events.clients.size());
    write_publications(json, events);
    report::write_findings(json, findings);
    json.end_object();
    out += '\n';
}

}  // namespace diag::decode
