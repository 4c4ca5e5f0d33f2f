#include "libdiag/decode/correlation_json.h"

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/decode/correlation_text.h"
#include "libdiag/decode/document_json.h"
#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/report/json_finding.h"

namespace diag::decode {
namespace {

using correlate::Contact;
using correlate::Correlation;
using report::JsonWriter;

constexpr unsigned time_digits = 6;
constexpr std::int64_t minute_ns = std::int64_t{60} * 1'000'000'000;

void write_time(JsonWriter& json, std::string_view key, Timestamp time) {
    json.plain_member(key, format_rfc3339(time, time_digits));
}

void write_application(JsonWriter& json, const Uuid& id) {
    const auto* known = kms::find_application(id);
    json.key("application_id");
    if (id.is_nil()) {
        json.value(nullptr);
    } else {
        json.value(id);
    }
    json.text_or_null("application", known != nullptr ? known->name : std::string_view{});
}

void write_place(JsonWriter& json, const Contact& c, const Correlation& correlation) {
    write_time(json, "at", c.time);
    json.member("capture", std::string_view{correlation.file_of(c)});
    json.member("packet", c.packet);
}

void write_contact(JsonWriter& json, const Contact& c, const Correlation& correlation) {
    json.begin_object();
    write_place(json, c, correlation);
    json.member("answer_packet", c.answer_after != 0 ? std::optional{c.packet + c.answer_after} : std::nullopt);
    json.plain_member("address", to_string(c.client));
    if (c.host.port != 0) {
        write_endpoint(json, "host", c.host);
    } else {
        json.member("host", nullptr);
    }
    json.plain_member("result", name_of(c.result));
    json.member("outcome", correlation.text(c.outcome));
    report::write_code(json, "code", c.code);
    json.member("count", c.has_count ? std::optional{c.count} : std::nullopt);
    json.member("required_client_count", c.has_request ? std::optional{c.needed} : std::nullopt);
    json.member("license_status", c.has_request ? std::optional{unsigned{c.license_status}} : std::nullopt);
    json.text_or_null("workstation_name", correlation.text(c.workstation_name));
    const auto ids = correlation.product_of(c);
    json.member("activation_id", c.has_request ? std::optional{ids.activation_id} : std::nullopt);
    const auto* product = c.has_request ? kms::find_product(ids.activation_id) : nullptr;
    json.text_or_null("product", product != nullptr ? product->name : std::string_view{});
    const auto path = path_of(c, correlation);
    json.text_or_null("dns_query", path.query);
    json.text_or_null("dns_target", path.target);
    json.member("copy_count", unsigned{c.copies});
    json.end_object();
}

template <class T, class Write>
void write_spans(JsonWriter& json, std::string_view key, const std::vector<correlate::Span<T>>& spans, Write write) {
    json.key(key).begin_array();
    for (const auto& span : spans) {
        json.begin_object();
        write(span.value);
        write_time(json, "first_at", span.first);
        write_time(json, "last_at", span.last);
        json.member("contact_count", span.contact_count);
        json.end_object();
    }
    json.end_array();
}

void write_series(JsonWriter& json, const std::vector<correlate::Series>& all) {
    json.key("applications").begin_array();
    for (const auto& series : all) {
        json.begin_object();
        write_application(json, series.application_id);
        json.plain_member("rhythm", name_of(series.rhythm));
        json.member("interval_minutes",
                    series.interval_ns != 0 ? std::optional{series.interval_ns / minute_ns} : std::nullopt);
        json.member("round_count", series.rounds.size());
        json.member("failures_at_end", series.failures_at_end);
        json.end_object();
    }
    json.end_array();
}

void write_forecast(JsonWriter& json, const correlate::Forecast& forecast) {
    using Kind = correlate::Forecast::Kind;
    json.key("forecast").begin_object();
    json.plain_member("kind", name_of(forecast.kind));
    json.key("clients_a_day");
    if (forecast.kind == Kind::at || forecast.kind == Kind::never) {
        json.milliseconds(
            static_cast<std::int64_t>(forecast.rise_a_day * 1e6));  // a number with three digits, whatever it counts
    } else {
        json.value(nullptr);
    }
    json.key("at");
    if (forecast.kind == Kind::at) {
        json.plain(format_rfc3339(forecast.time, 0));
    } else {
        json.value(nullptr);
    }
    json.end_object();
}

void write_identities(JsonWriter& json, const correlate::Counting& counting, const Correlation& correlation) {
    json.key("identities").begin_array();
    for (const auto& ids : counting.identities) {
        json.begin_object();
        json.member("kms_id", ids.kms_id);
        const auto* item = kms::find_kms_item(ids.kms_id);
        json.text_or_null("kms_item", item != nullptr ? item->name : std::string_view{});
        json.member("answer_count", ids.answer_count);
        json.key("epids").begin_array();
        for (const auto id : ids.epids) json.value(correlation.text(id));
        json.end_array();
        json.key("hwids").begin_array();
        for (const auto id : ids.hwids) json.plain(to_upper_hex(bytes_of(correlation.text(id))));
        json.end_array();
        json.end_object();
    }
    json.end_array();
}

void write_counting(JsonWriter& json, const correlate::Counting& counting, const Correlation& correlation) {
    json.begin_object();
    write_application(json, counting.application_id);
    json.member("required_client_count", counting.needed);
    json.member("client_count", counting.client_count);
    json.key("counts").begin_array();
    for (const auto& point : counting.points) {
        json.begin_object();
        write_place(json, *point.contact, correlation);
        json.member("count", point.count);
        json.end_object();
    }
    json.end_array();
    json.member("left_out_count", counting.dropped_points);
    write_forecast(json, counting.forecast);
    write_identities(json, counting, correlation);
    json.end_object();
}

// These lines are about all captures of the run; "capture" names the only one.
void begin(JsonWriter& json, std::string_view kind, const Correlation& correlation) {
    begin_document(json, kind);
    json.text_or_null("capture", correlation.only_file());
    json.member("capture_count", correlation.file_count());
}

}  // namespace

void append_json(std::string& out, const ClientReport& report, const Correlation& correlation) {
    const auto& [history, view, findings] = report;
    JsonWriter json{out};
    begin(json, "client", correlation);
    json.member("client_machine_id",
                history.key.is_machine_id() ? std::optional{history.key.machine_id()} : std::nullopt);
    write_spans(json, "names", view.names,
                [&](const std::string& name) { json.member("name", std::string_view{name}); });
    write_spans(json, "addresses", view.addresses,
                [&](const IpAddress& ip) { json.plain_member("ip", to_string(ip)); });
    write_time(json, "first_at", history.first);
    write_time(json, "last_at", history.contacts.back()->time);
    json.member("contact_count", history.contact_count);
    const auto difference = view.clock != nullptr ? view.clock->clock_difference_s() : std::nullopt;
    json.member("clock_difference_minutes", difference ? std::optional{*difference / 60} : std::nullopt);
    json.member("clock_margin_minutes",
                difference ? std::optional{correlate::clock_margin_minutes(*difference)} : std::nullopt);
    write_series(json, view.series);
    json.key("contacts").begin_array();
    for (const Contact* c : history.contacts) write_contact(json, *c, correlation);
    json.end_array();
    report::write_findings(json, findings);
    json.end_object();
    out += '\n';
}

void append_json(std::string& out, const HostReport& report, const Correlation& correlation) {
    const auto& [history, view, findings] = report;
    JsonWriter json{out};
    begin(json, "host", correlation);
    write_endpoint(json, "endpoint", history.host);
    write_time(json, "first_at", history.first);
    write_time(json, "last_at", history.last);
    json.member("contact_count", history.contact_count);
    json.member("answered_count", history.answered_count);
    json.member("granted_count", history.success_count);
    json.member("client_count", view.client_count);
    const bool known = view.clock.is_known() && view.clock.is_possible();
    json.member("clock_least_minutes", known ? std::optional{view.clock.least_s / 60} : std::nullopt);
    json.member("clock_most_minutes", known ? std::optional{view.clock.most_s / 60} : std::nullopt);
    json.key("applications").begin_array();
    for (const auto& counting : view.countings) write_counting(json, counting, correlation);
    json.end_array();
    report::write_findings(json, findings);
    json.end_object();
    out += '\n';
}

void append_json(std::string& out, std::span<const check::Finding> findings, const Correlation& correlation) {
    JsonWriter json{out};
    begin(json, "correlation", correlation);
    json.member("contact_count", correlation.contact_count());
    json.member("client_count", correlation.client_count());
    json.member("host_count", correlation.host_count());
    json.member("copy_count", correlation.copy_count());
    json.member("forgotten_count", correlation.forgotten_count());
    json.member("left_out_count", correlation.left_out_count());
    report::write_findings(json, findings);
    json.end_object();
    out += '\n';
}

}  // namespace diag::decode
