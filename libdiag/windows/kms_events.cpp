#include "libdiag/windows/kms_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "libdiag/base/hex.h"
#include "libdiag/base/line_text.h"
#include "libdiag/windows/event_fields.h"
#include "libdiag/windows/event_time.h"

namespace diag::windows {
namespace {

using Fields = std::vector<std::string>;
using Body = decltype(KmsEvent::body);

struct FlagName {
    std::uint32_t bit;
    std::string_view name;
};
constexpr FlagName flag_table[] = {
    {attempt_flag::no_firmware_marker, "firmware marker missing (a warning)"},
    {attempt_flag::no_registration, "no KMS registration found"},
    {attempt_flag::invalid_registration, "registration data of a wrong type"},
    {attempt_flag::count_low, "count below the requirement"},
    {attempt_flag::not_eligible, "no eligible OEM upgrade system"},
};

std::optional<std::uint32_t> number_of(std::string_view text) {
    std::uint32_t value = 0;
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || at != end) return std::nullopt;
    return value;
}

// GUIDs stand with or without braces.
std::optional<Uuid> guid_of(std::string_view text) {
    if (text.starts_with('{') && text.ends_with('}')) text = text.substr(1, text.size() - 2);
    return Uuid::parse(text);
}

std::optional<Timestamp> client_time_of(std::string_view text) {
    const auto time = parse_printed_time(text, DateOrder::month_first);
    return time ? std::optional{time->time} : std::nullopt;
}

// Reads fields down their list, and keeps the first failure as wire::Reader does. An empty field is no failure where the
// value may be missing.
class FieldReader {
public:
    explicit FieldReader(const Fields& fields) : fields_{fields} {}

    std::string_view text() { return at_ < fields_.size() ? std::string_view{fields_[at_++]} : std::string_view{}; }
    std::uint32_t code() { return needed(code_of(text())); }
    std::uint32_t number() { return needed(number_of(text())); }
    Uuid guid() { return needed(guid_of(text())); }
    std::optional<std::uint32_t> maybe_number() { return maybe(number_of); }
    std::optional<Uuid> maybe_guid() { return maybe(guid_of); }
    std::optional<Timestamp> maybe_time() { return maybe(client_time_of); }
    bool failed() const { return failed_; }

private:
    template <class T> T needed(std::optional<T> value) {
        failed_ = failed_ || !value;
        return value.value_or(T{});
    }
    template <class T> std::optional<T> maybe(std::optional<T> (*read)(std::string_view)) {
        const std::string_view value = text();
        if (value.empty()) return std::nullopt;
        const auto out = read(value);
        failed_ = failed_ || !out;
        return out;
    }

    const Fields& fields_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

// "kms01.corp.example:1688", "[2001:db8::1]:1688", "kms01.corp.example".
void read_host(std::string_view text, RequestSent& out) {
    const std::size_t colon = text.rfind(':');
    const bool has_port = colon != std::string_view::npos &&
                          (text.find(':') == colon || (colon > 0 && text[colon - 1] == ']')) &&
                          text.substr(colon + 1).find_first_not_of("0123456789") == std::string_view::npos;
    if (has_port) {
        const auto port = number_of(text.substr(colon + 1));
        if (port && *port <= 65'535) out.port = static_cast<std::uint16_t>(*port);
        text = text.substr(0, colon);
    }
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    out.host = text;
    if (out.host.ends_with('.')) out.host.pop_back();
}

void read_client(FieldReader& in, LoggedRequest& out) {
    out.client_machine_id = in.guid();
    out.client_time = in.maybe_time();
    out.virtual_machine = in.maybe_number();
    out.license_status = in.maybe_number();
    out.minutes_to_expiry = in.maybe_number();
    out.activation_id = in.maybe_guid();
}

template <class T> std::optional<Body> unless_failed(const FieldReader& in, T body) {
    if (in.failed()) return std::nullopt;
    return Body{std::move(body)};
}

// The last field may be missing.
std::optional<Body> read_request_sent(const Fields& fields) {
    if (fields.size() < 9 || fields.size() > 10) return std::nullopt;
    FieldReader in{fields};
    RequestSent out{.hresult = in.code(), .flags = in.code(), .host = {}, .port = {}, .request = {}};
    read_host(in.text(), out);
    read_client(in, out.request);
    out.request.required_count = in.maybe_number();
    return unless_failed(in, std::move(out));
}

std::optional<Body> read_response_processed(const Fields& fields) {
    if (fields.size() < 7 || fields.size() > 8) return std::nullopt;
    FieldReader in{fields};
    ResponseProcessed out{.hresult = in.code(), .flags = in.code()};
    out.activated = in.number() != 0;
    in.text();  // unused
    out.count = in.maybe_number();
    out.activation_interval_minutes = in.maybe_number();
    out.renewal_interval_minutes = in.maybe_number();
    out.client_time = in.maybe_time();
    return unless_failed(in, out);
}

std::optional<Body> read_request_processed(const Fields& fields) {
    if (fields.size() != 9) return std::nullopt;
    FieldReader in{fields};
    RequestProcessed out{.hresult = in.code(), .machine_name = {}, .request = {}};
    out.request.required_count = in.maybe_number();
    out.machine_name = in.text();
    read_client(in, out.request);
    return unless_failed(in, std::move(out));
}

constexpr std::string_view blanks = " \t\r\n";

// The word behind "KEY=", "KEY = " or "KEY:".
std::string_view value_behind(std::string_view text, std::string_view key) {
    for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
        std::string_view rest = text.substr(at + key.size());
        rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
        if (!rest.starts_with('=') && !rest.starts_with(':')) continue;
        rest.remove_prefix(1);
        rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
        return rest.substr(0, rest.find_first_of(" \t\r\n;,"));
    }
    return {};
}

// Its texts differ between builds and languages; the keys in them do not. As XML the code may stand alone in its field.
std::optional<Body> read_activation_failed(const Fields& fields) {
    const std::string text = fmt::format("{}", fmt::join(fields, "\n"));
    std::optional<std::uint32_t> code;
    for (const std::string_view key : {"hr", "Reason"})
        if (!code) code = code_of(value_behind(text, key));
    for (const std::string& field : fields)
        if (!code) code = code_of(field);
    if (!code) return std::nullopt;
    ActivationFailed out{.hresult = *code, .activation_id = guid_of(value_behind(text, "SkuId")), .trigger = {}};
    out.trigger = value_behind(text, "Trigger");
    return Body{std::move(out)};
}

std::optional<Body> read_publication(const Event& event) {
    auto found = publications({event});
    if (found.empty()) return std::nullopt;
    return Body{std::move(found.front())};
}

enum class Kind : std::uint8_t { read, unreadable, other };

Kind read_body(const Event& event, Body& out) {
    std::optional<Body> body;
    switch (event.event_id) {
        case event_id::request_sent: body = read_request_sent(event.fields); break;
        case event_id::response_processed: body = read_response_processed(event.fields); break;
        case event_id::request_processed: body = read_request_processed(event.fields); break;
        case event_id::publication_failed:
        case event_id::publication_succeeded: body = read_publication(event); break;
        case event_id::activation_failed:
        case event_id::rule_failed: body = read_activation_failed(event.fields); break;
        default: return Kind::other;
    }
    if (!body) return Kind::unreadable;
    out = std::move(*body);
    return Kind::read;
}

// Which end of a file is the newer one; entries of the same second are in the order of the file.
bool is_newest_first(const std::vector<KmsEvent>& events) {
    std::size_t rising = 0;
    std::size_t falling = 0;
    for (std::size_t i = 1; i < events.size(); ++i) {
        if (events[i].clock == EventClock::unknown || events[i - 1].clock == EventClock::unknown) continue;
        rising += events[i].time > events[i - 1].time ? 1 : 0;
        falling += events[i].time < events[i - 1].time ? 1 : 0;
    }
    return falling > rising;
}

void put_in_order(std::vector<KmsEvent>& events) {
    if (is_newest_first(events)) std::ranges::reverse(events);
    const auto has_time = [](const KmsEvent& event) { return event.clock != EventClock::unknown; };
    if (std::ranges::all_of(events, has_time)) std::ranges::stable_sort(events, {}, &KmsEvent::time);
}

}  // namespace

std::string flag_names(std::uint32_t flags) {
    std::vector<std::string> names;
    for (const auto& [bit, name] : flag_table) {
        if ((flags & bit) != 0) names.emplace_back(name);
        flags &= ~bit;
    }
    if (flags != 0) names.push_back(format_code(flags));
    return fmt::format("{}", fmt::join(names, ", "));
}

KmsLog kms_log(const EventLog& log, std::string name) {
    KmsLog out{.name = std::move(name)};
    for (const Event& event : log.events) {
        if (event.clock != EventClock::unknown && (!out.newest || event.time > *out.newest)) out.newest = event.time;
        KmsEvent found{.event_id = event.event_id,
                       .time = event.time,
                       .clock = event.clock,
                       .computer = event.computer,
                       .body = {}};
        switch (read_body(event, found.body)) {
            case Kind::read:
                out.has_answers = out.has_answers || event.event_id == event_id::response_processed;
                out.events.push_back(std::move(found));
                break;
            case Kind::other: ++out.other_count; break;
            case Kind::unreadable:
                if (out.unreadable_count++ == 0)
                    out.first_unreadable = fmt::format("event {} with {} fields", event.event_id, event.fields.size());
                break;
        }
    }
    put_in_order(out.events);
    return out;
}

}  // namespace diag::windows
