#include "libdiag/report/host_event.h"

#include <span>

#include "libdiag/base/hex.h"
#include "libdiag/base/utf.h"
#include "libdiag/report/json_writer.h"

namespace diag::report {
namespace {

constexpr std::size_t name_index = 2;

// A comma would shift the fields behind it.
std::string escape_field(std::string_view text) {
    std::string escaped;
    for (const char c : escape_for_terminal(text)) {
        if (c == ',') {
            escaped += "\\x2C";
        } else {
            escaped += c;
        }
    }
    return escaped;
}

std::string join(std::span<const std::string> fields) {
    std::string line;
    for (const std::string& field : fields) {
        if (!line.empty()) line += ',';
        line += field;
    }
    return line;
}

std::string join_fields(const session::Event12290& event) {
    auto fields = session::event_fields(event);
    fields[name_index] = escape_field(fields[name_index]);
    return join(fields);
}

std::string join_fields(const session::PublishEvent& event) {
    auto fields = session::event_fields(event);
    fields.back() = escape_field(fields.back());
    return join(fields);
}

// A request that could not be read has left everything empty.
bool was_read(const session::Event12290& event) {
    return event.client_time.ticks != 0 || !event.activation_id.is_nil();
}

void append_request(JsonWriter& json, const session::Event12290& event) {
    json.member("required_client_count", event.required_client_count);
    json.member("workstation_name", std::string_view{event.workstation_name});
    json.member("client_machine_id", event.client_machine_id);
    json.plain_member("client_time_utc", format_rfc3339(event.client_time));
    json.member("client_time_filetime", event.client_time.ticks);
    json.member("virtual_machine", event.virtual_machine != 0);
    json.member("license_status", event.license_status);
    json.member("binding_expiration_minutes", event.binding_expiration_minutes);
    json.member("activation_id", event.activation_id);
}

void append_unread(JsonWriter& json) {
    for (const char* name :
         {"required_client_count", "workstation_name", "client_machine_id", "client_time_utc", "client_time_filetime",
          "virtual_machine", "license_status", "binding_expiration_minutes", "activation_id"})
        json.member(name, nullptr);
}

void begin_event(JsonWriter& json, std::string_view kind, unsigned number, Timestamp logged_at, std::uint32_t hresult) {
    json.begin_object();
    json.member("schema_version", 1);
    json.plain_member("kind", kind);
    json.member("event", number);
    json.plain_member("logged_at", format_rfc3339(logged_at, 6));
    json.plain_member("hresult", format_code(hresult));
}

void append_record(JsonWriter& json, const session::PublishedService& service) {
    json.member("domain", std::string_view{to_string(service.domain)});
    json.member("priority", service.service.priority);
    json.member("weight", service.service.weight);
    json.member("port", service.service.port);
    json.member("target", std::string_view{to_string(service.service.target)});
    json.member("ttl", service.ttl);
}

// Empty text: null.
void text_member(JsonWriter& json, std::string_view name, std::string_view text) {
    json.member(name, text.empty() ? std::optional<std::string_view>{} : text);
}

void append_server(JsonWriter& json, const session::PublishResult& result) {
    if (!result.outcome) {
        for (const char* name : {"server", "transport", "rcode", "tsig_error"}) json.member(name, nullptr);
        return;
    }
    json.key("server").begin_object();
    json.plain_member("ip", to_string(result.outcome->server.ip));
    json.member("port", result.outcome->server.port);
    json.end_object();
    json.plain_member("transport", name_of(result.outcome->transport));
    text_member(json, "rcode", rcode_text(*result.outcome));
    text_member(json, "tsig_error", tsig_error_text(*result.outcome));
}

}  // namespace

void append_event(std::string& out, const session::Event12290& event, const Style& style) {
    const std::string line = format_rfc3339(event.logged_at, 3) + " 12290 " + join_fields(event);
    out += event.hresult == 0 ? line : style.strong(line);
    out += '\n';
}

void append_event_json(std::string& out, const session::Event12290& event) {
    JsonWriter json{out};
    begin_event(json, "request", 12290, event.logged_at, event.hresult);
    if (was_read(event)) {
        append_request(json, event);
    } else {
        append_unread(json);
    }
    json.member("fields", std::string_view{join_fields(event)});
    json.end_object();
    out += '\n';
}

void append_event(std::string& out, const session::PublishEvent& event, const Style& style) {
    const std::string line =
        format_rfc3339(event.logged_at, 3) + ' ' + std::to_string(event.number()) + ' ' + join_fields(event);
    out += event.result.code == 0 ? line : style.strong(line);
    out += " (" + explain(event) + ")\n";
}

void append_event_json(std::string& out, const session::PublishEvent& event) {
    const session::PublishResult& result = event.result;
    JsonWriter json{out};
    begin_event(json, "publication", event.number(), event.logged_at, result.code);
    append_record(json, event.service);
    json.plain_member("stage", name_of(result.stage));
    const bool knows_zone = !result.zone.is_root();
    text_member(json, "zone", knows_zone ? to_string(result.zone) : std::string{});
    text_member(json, "primary", knows_zone ? to_string(result.primary) : std::string{});
    append_server(json, result);
    json.member("detail", std::string_view{explain(event)});
    json.member("fields", std::string_view{join_fields(event)});
    json.end_object();
    out += '\n';
}

}  // namespace diag::report
