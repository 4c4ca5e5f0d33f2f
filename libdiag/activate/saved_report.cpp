#include "libdiag/activate/saved_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/base/utf.h"
#include "libdiag/check/dlv_findings.h"
#include "libdiag/lang/message.h"
#include "libdiag/probe/target_report.h"
#include "libdiag/report/json_finding.h"
#include "libdiag/slmgr/dlv_text.h"

namespace diag::activate {
namespace {

using lang::say;
using lang::tr;
using report::JsonWriter;
using slmgr::Dlv;

constexpr int schema_version = 1;
using report::line_width;

template <class T> void write_fact(JsonWriter& json, std::string_view key, const slmgr::Fact<T>& fact) {
    json.key(key);
    if (fact) {
        json.value(*fact);
    } else {
        json.value(nullptr);
    }
}

void write_text_fact(JsonWriter& json, std::string_view key, const slmgr::Fact<std::string>& fact) {
    json.key(key);
    if (fact) {
        json.value(std::string_view{*fact});
    } else {
        json.value(nullptr);
    }
}

std::string host_text(const slmgr::KmsMachine& machine) { return fmt::format("{}:{}", machine.host, machine.port); }

void write_host(JsonWriter& json, std::string_view key, const slmgr::Fact<slmgr::KmsMachine>& machine) {
    json.key(key);
    if (machine && !machine->host.empty()) {
        json.value(std::string_view{host_text(*machine)});
    } else {
        json.value(nullptr);
    }
}

void write_attempt(JsonWriter& json, const Dlv& dlv) {
    static constexpr std::string_view names[] = {"activated", "failed", "non_genuine"};
    json.key("attempt");
    if (dlv.attempt) {
        json.plain(names[static_cast<std::size_t>(*dlv.attempt)]);
    } else {
        json.value(nullptr);
    }
    json.key("error_codes").begin_array();
    for (const std::uint32_t code : dlv.error_codes) json.plain(format_code(code));
    json.end_array();
}

// What scripts ask for; the whole of it is in "text".
void write_product(JsonWriter& json, const Dlv& dlv) {
    json.begin_object();
    json.plain_member("output", slmgr::name_of(dlv.kind));
    write_text_fact(json, "name", dlv.name);
    write_text_fact(json, "description", dlv.description);
    write_fact(json, "activation_id", dlv.activation_id);
    write_fact(json, "application_id", dlv.application_id);
    write_text_fact(json, "partial_product_key", dlv.partial_key);
    json.key("license_status");
    if (dlv.license_status) {
        json.value(static_cast<unsigned>(*dlv.license_status));
    } else {
        json.value(nullptr);
    }
    json.key("notification_reason");
    if (dlv.notification_reason) {
        json.plain(format_code(*dlv.notification_reason));
    } else {
        json.value(nullptr);
    }
    write_fact(json, "expiration_minutes", dlv.volume_expiration_minutes);
    write_fact(json, "remaining_minutes", dlv.remaining_minutes);
    write_fact(json, "client_machine_id", dlv.client_machine_id);
    write_text_fact(json, "expires", dlv.expires);
    write_attempt(json, dlv);
    write_host(json, "kms_host", dlv.kms_machine);
    write_host(json, "cached_host", dlv.cached_machine);
    write_text_fact(json, "kms_address", dlv.kms_ip);
    write_text_fact(json, "host_extended_pid", dlv.host_extended_pid);
    write_fact(json, "current_count", dlv.current_count);
    write_fact(json, "listening_port", dlv.listening_port);
    write_fact(json, "dns_publishing", dlv.dns_publishing);
    write_fact(json, "total_requests", dlv.total_requests);
    write_fact(json, "failed_requests", dlv.failed_requests);
    std::string text;
    slmgr::append_dlv(text, dlv);
    json.member("text", std::string_view{text});
    json.end_object();
}

std::string license_text(const Dlv& dlv) {
    if (dlv.license_status) return check::status_text(*dlv.license_status);
    if (dlv.license_status.is_unknown()) return say("license status not understood: {}", dlv.license_status.reason());
    return std::string{dlv.not_in_use.is(true) ? tr("not in use") : tr("license status: not shown")};
}

// How an attempt ended; of a licence its status, until when, and of a host its count.
std::string status_of(const Dlv& dlv) {
    if (dlv.attempt.is(slmgr::AttemptEnd::activated)) return std::string{tr("activated")};
    if (!dlv.attempt.is_absent() || !dlv.error_codes.empty()) return std::string{tr("not activated")};
    if (dlv.kind == slmgr::SavedKind::ato) return std::string{tr("how the attempt ended is not shown")};
    std::string text = license_text(dlv);
    if (dlv.expires) text = say("{}, until {}", text, *dlv.expires);
    if (dlv.current_count) text = say("{}, current count: {}", text, *dlv.current_count);
    return text;
}

bool is_unclear(const Dlv& dlv) {
    const bool has_end = !dlv.attempt.is_absent() || !dlv.error_codes.empty();
    return dlv.license_status.is_unknown() || (dlv.kind == slmgr::SavedKind::ato && !has_end);
}

// /ato and /xpr are a line or two, which the status says.
bool is_listing(const Dlv& dlv) { return dlv.kind != slmgr::SavedKind::ato && dlv.kind != slmgr::SavedKind::xpr; }

void append_product(std::string& out, const Dlv& dlv) {
    out += "  ";
    const std::string name = dlv.name ? *dlv.name : "product without a name";
    report::append_wrapped(out, escape_for_terminal(fmt::format("{}: {}", name, status_of(dlv))), 2, 4, line_width);
    out += '\n';
}

std::vector<std::string> published_hosts(const check::HostEvidence& dns) {
    std::vector<std::string> hosts;
    hosts.reserve(dns.published.size());
    for (const auto& record : dns.published) hosts.push_back(fmt::format("{}:{}", record.target, record.port));
    return hosts;
}

void append_published(std::string& out, const check::HostEvidence& dns) {
    const auto hosts = published_hosts(dns);
    const std::string text = fmt::format("{} publishes: {}", dns.domain,
                                         hosts.empty() ? "no KMS host" : fmt::format("{}", fmt::join(hosts, ", ")));
    report::append_wrapped(out, escape_for_terminal(text), 0, 2, line_width);
    out += "\n\n";
}

void write_published(JsonWriter& json, const std::optional<check::HostEvidence>& dns) {
    json.key("published");
    if (!dns) return void(json.value(nullptr));
    json.begin_object();
    json.member("domain", std::string_view{dns->domain});
    json.key("hosts").begin_array();
    for (const std::string& host : published_hosts(*dns)) json.value(std::string_view{host});
    json.end_array();
    json.end_object();
}

}  // namespace

std::string verdict_text(const SavedReport& report) {
    if (const auto* finding = probe::deciding(report.findings)) return finding->title;
    // What is not understood is not in order either.
    const auto unclear = std::ranges::find_if(report.products, is_unclear);
    if (unclear != report.products.end()) return status_of(*unclear);
    if (report.products.size() != 1) return say("nothing is wrong with these {} products", report.products.size());
    return say("nothing is wrong; {}", status_of(report.products.front()));
}

void append_text(std::string& out, const SavedReport& report, const report::Style& style, bool verbose) {
    out += style.strong(escape_for_terminal(report.source));
    out += '\n';
    const bool in_full = verbose || report.products.size() == 1;
    for (const Dlv& dlv : report.products) {
        if (in_full && is_listing(dlv)) {
            slmgr::append_dlv(out, dlv);
        } else {
            append_product(out, dlv);
        }
    }
    out += '\n';
    if (report.dns) append_published(out, *report.dns);
    report::append_findings(out, report.findings, style, verbose);
    const auto worst = check::worst(report.findings);
    std::string verdict;
    report::append_wrapped(verdict, escape_for_terminal(verdict_text(report)), 9, 9, line_width);
    const bool is_good = !worst || *worst == check::Severity::info;
    if (!report.findings.empty()) out += '\n';
    out += fmt::format("Verdict: {}\n", is_good ? style.good(verdict) : style.severity(*worst, verdict));
}

void append_json(std::string& out, const SavedReport& report) {
    JsonWriter json{out};
    json.begin_object();
    json.member("schema_version", schema_version);
    json.plain_member("kind", "saved_dlv");
    json.member("source", std::string_view{report.source});
    json.member("verdict", std::string_view{verdict_text(report)});
    json.key("products").begin_array();
    for (const Dlv& dlv : report.products) write_product(json, dlv);
    json.end_array();
    write_published(json, report.dns);
    report::write_findings(json, report.findings);
    json.end_object();
    out += '\n';
}

report::Subject make_subject(const SavedReport& report) {
    report::Subject subject{.name = report.source, .summary = verdict_text(report), .findings = report.findings};
    for (const Dlv& dlv : report.products) {
        if (!dlv.current_count) continue;
        subject.metrics.push_back({.label = "count", .value = static_cast<double>(*dlv.current_count), .unit = ""});
        break;
    }
    return subject;
}

}  // namespace diag::activate
