#include "libdiag/probe/probe_json.h"

#include "libdiag/base/hex.h"
#include "libdiag/discover/discovery_json.h"
#include "libdiag/report/json_finding.h"

namespace diag::probe {
namespace {

using report::JsonWriter;

constexpr int schema_version = 1;
constexpr unsigned fraction_digits = 6;

void write_ms(JsonWriter& json, std::string_view key, std::optional<std::chrono::nanoseconds> duration) {
    json.key(key);
    if (duration) {
        json.milliseconds(duration->count());
    } else {
        json.value(nullptr);
    }
}

void write_name(JsonWriter& json, const std::optional<session::NameEvidence>& name) {
    json.key("name");
    if (!name) return json.value(nullptr);
    json.begin_object();
    json.member("name", std::string_view{name->name});
    json.plain_member("end", name_of(name->end));
    write_ms(json, "lookup_ms", name->duration());
    json.key("addresses").begin_array();
    for (const IpAddress& address : name->addresses) json.plain(to_string(address));
    json.end_array();
    json.end_object();
}

void write_bind(JsonWriter& json, const Attempt& attempt) {
    json.key("bind");
    if (!attempt.bind) return json.value(nullptr);
    json.begin_object();
    json.member("kms_offered", attempt.bind->offers_kms);
    json.member("transfer_syntaxes", std::string_view{attempt.bind->syntaxes});
    json.member("assoc_group", attempt.bind->assoc_group);
    json.member("secondary_address", std::string_view{attempt.bind->secondary_address});
    json.member("max_recv_frag", attempt.bind->max_recv_frag);
    json.end_object();
}

void write_request(JsonWriter& json, const Attempt& attempt) {
    json.key("request");
    if (!attempt.request) return json.value(nullptr);
    const RequestFacts& request = *attempt.request;
    json.begin_object();
    json.plain_member("verdict", name_of(request.verdict));
    report::write_code(json, "hresult", request.hresult.value_or(0));
    json.member("count", request.count);
    json.member("needed_count", request.needed_count);
    json.key("epid");
    if (request.epid.empty()) {
        json.value(nullptr);
    } else {
        json.value(std::string_view{request.epid});
    }
    json.end_object();
}

void write_durations(JsonWriter& json, std::string_view key, const Durations& times) {
    json.key(key);
    if (times.count() == 0) return json.value(nullptr);
    json.begin_object();
    json.member("count", times.count());
    write_ms(json, "mean_ms", times.mean());
    write_ms(json, "min_ms", times.percentile(0));
    write_ms(json, "p50_ms", times.percentile(0.5));
    write_ms(json, "p95_ms", times.percentile(0.95));
    write_ms(json, "p99_ms", times.percentile(0.99));
    write_ms(json, "max_ms", times.percentile(1));
    json.end_object();
}

void write_series(JsonWriter& json, const AddressReport& address) {
    json.key("series");
    if (address.evidence.attempt_count < 2) return json.value(nullptr);
    json.begin_object();
    json.member("attempts", address.evidence.attempt_count);
    json.member("failed", address.evidence.failed_count);
    write_durations(json, "connect", address.connect_times);
    write_durations(json, "bind", address.bind_times);
    write_durations(json, "request", address.request_times);
    json.end_object();
}

void write_icmp(JsonWriter& json, const Attempt& attempt) {
    json.key("icmp");
    if (!attempt.icmp) return json.value(nullptr);
    json.begin_object();
    json.plain_member("sender", to_string(attempt.icmp->sender));
    json.member("type", unsigned{attempt.icmp->type});
    json.member("code", unsigned{attempt.icmp->code});
    json.end_object();
}

void write_extras(JsonWriter& json, const check::AddressEvidence& evidence) {
    json.key("endpoint_mapper");
    if (evidence.mapper_connect) {
        json.begin_object();
        json.plain_member("connect", name_of(*evidence.mapper_connect));
        json.member("bound", evidence.mapper_bound);
        json.end_object();
    } else {
        json.value(nullptr);
    }
    json.key("sizes").begin_array();
    for (const auto& size : evidence.sizes) {
        json.begin_object();
        json.member("bind_size", size.bind_size);
        json.member("packet_size", size.packet_size);
        json.member("passed", size.passed);
        json.end_object();
    }
    json.end_array();
}

void write_address(JsonWriter& json, const AddressReport& address) {
    const Attempt& last = address.last;
    json.begin_object();
    json.plain_member("address", to_string(address.evidence.endpoint.ip));
    json.member("port", address.evidence.endpoint.port);
    json.plain_member("port_state", port_state(last));
    json.plain_member("connect", name_of(last.connect_end));
    json.plain_member("outcome", check::name_of(last.outcome));
    json.plain_member("started_at", format_rfc3339(last.began_at, fraction_digits));
    json.plain_member("local", to_string(last.local));
    write_ms(json, "connect_ms", last.connect_time);
    write_ms(json, "bind_ms", last.bind_time);
    write_ms(json, "request_ms", last.request_time);
    write_icmp(json, last);
    json.key("path_mtu").value(last.path.mtu_size);
    json.key("max_segment_size").value(last.path.max_segment_size);
    write_bind(json, last);
    write_request(json, last);
    write_extras(json, address.evidence);
    write_series(json, address);
    report::write_findings(json, address.evidence.findings);
    json.end_object();
}

}  // namespace

void append_json(std::string& out, const TargetReport& report) {
    JsonWriter json{out};
    json.begin_object();
    json.member("schema_version", schema_version);
    json.plain_member("kind", "probe");
    json.member("target", std::string_view{to_string(report.target)});
    json.member("verdict", std::string_view{verdict_text(report)});
    const check::Finding* finding = deciding(report.findings);
    json.key("stage");
    if (finding == nullptr) {
        json.value(nullptr);
    } else {
        json.plain(check::name_of(finding->rule->stage));
    }
    json.key("finding");
    if (finding == nullptr) {
        json.value(nullptr);
    } else {
        json.plain(finding->rule->id);
    }
    report::write_code(json, "windows_code", finding == nullptr ? 0 : finding->shown_windows_code());
    report::write_code(json, "inner_code", finding == nullptr ? 0 : finding->shown_inner_code());
    json.key("origin");
    discover::write_origin(json, report.origin);
    write_name(json, report.name);
    json.key("addresses").begin_array();
    for (const AddressReport& address : report.addresses) write_address(json, address);
    json.end_array();
    report::write_findings(json, report.findings);
    json.end_object();
    out += '\n';
}

}  // namespace diag::probe
