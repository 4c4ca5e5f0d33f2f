#include "libdiag/activate/saved_report.h"

#include <fmt/format.h>

#include "libdiag/base/hex.h"
#include "libdiag/base/utf.h"
#include "libdiag/check/dlv_findings.h"
#include "libdiag/probe/target_report.h"
#include "libdiag/report/json_finding.h"
#include "libdiag/slmgr/dlv_text.h"

namespace diag::activate {
namespace {

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

// What scripts ask for; the whole of it is in "text".
void write_product(JsonWriter& json, const Dlv& dlv) {
    json.begin_object();
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
    json.key("kms_host");
    if (dlv.kms_machine && !dlv.kms_machine->host.empty()) {
        json.value(std::string_view{fmt::format("{}:{}", dlv.kms_machine->host, dlv.kms_machine->port)});
    } else {
        json.value(nullptr);
    }
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

// "license status: licensed", of a host also its count.
std::string status_of(const Dlv& dlv) {
    std::string text = dlv.license_status        ? check::status_text(*dlv.license_status)
                       : dlv.not_in_use.is(true) ? "not in use"
                                                 : "license status: not shown";
    if (dlv.current_count) text += fmt::format(", current count: {}", *dlv.current_count);
    return text;
}

void append_product(std::string& out, const Dlv& dlv) {
    out += "  ";
    const std::string name = dlv.name ? *dlv.name : "product without a name";
    report::append_wrapped(out, escape_for_terminal(fmt::format("{}: {}", name, status_of(dlv))), 2, 4, line_width);
    out += '\n';
}

}  // namespace

std::string verdict_text(const SavedReport& report) {
    if (const auto* finding = probe::deciding(report.findings)) return finding->title;
    if (report.products.size() != 1)
        return fmt::format("nothing is wrong with these {} products", report.products.size());
    return fmt::format("nothing is wrong; {}", status_of(report.products.front()));
}

void append_text(std::string& out, const SavedReport& report, const report::Style& style, bool verbose) {
    out += style.strong(escape_for_terminal(report.source));
    out += '\n';
    const bool in_full = verbose || report.products.size() == 1;
    for (const Dlv& dlv : report.products) {
        if (in_full) {
            slmgr::append_dlv(out, dlv);
        } else {
            append_product(out, dlv);
        }
    }
    out += '\n';
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
