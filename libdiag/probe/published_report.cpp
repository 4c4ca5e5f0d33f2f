#include "libdiag/probe/published_report.h"

#include <fmt/format.h>

#include "libdiag/base/hex.h"
#include "libdiag/base/utf.h"
#include "libdiag/discover/discovery_json.h"
#include "libdiag/discover/discovery_text.h"
#include "libdiag/discover/lookup_end.h"
#include "libdiag/report/json_finding.h"

namespace diag::probe {
namespace {

using report::JsonWriter;

constexpr int schema_version = 1;
using report::line_width;
constexpr std::size_t verdict_column = 9;

// The domain that names hosts, or the first that was to.
std::string name_of(const Published& published) {
    const discover::Discovery& discovery = published.discovery;
    if (!discovery.hosts.empty()) return discovery.hosts.front().domain;
    return discovery.lookups.empty() ? "DNS" : discovery.lookups.front().candidate.domain;
}

void write_decision(JsonWriter& json, const Published& published) {
    // Those of hosts are on their own lines; what a client ends with is of all.
    const std::vector<check::Finding> own = discover::findings_of(published.discovery);
    const check::Finding* finding = deciding(own);
    json.key("stage");
    finding == nullptr ? json.value(nullptr) : json.plain(check::name_of(finding->rule->stage));
    json.key("finding");
    finding == nullptr ? json.value(nullptr) : json.plain(finding->rule->id);
    const check::Finding* end = deciding(published);
    report::write_code(json, "windows_code", windows_code_of(published));
    report::write_code(json, "inner_code",
                       published.reached || published.stopped || end == nullptr ? 0 : end->shown_inner_code());
}

void write_hosts(JsonWriter& json, const Published& published) {
    json.key("hosts").begin_array();
    for (const discover::Host& host : published.discovery.hosts) {
        json.begin_object();
        json.member("target", std::string_view{to_string(target_of(host))});
        json.key("origin");
        discover::write_origin(json, host);
        json.end_object();
    }
    json.end_array();
    json.member("left_out_count", published.discovery.left_out_count);
}

}  // namespace

void append_search(std::string& out, const Published& published, const report::Style& style, bool verbose) {
    // The texts name hosts and domains as DNS has them, with its escapes.
    out += style.strong(printable_names(name_of(published))) + '\n';
    discover::append_lookups(out, published.discovery);
    for (const check::Finding& finding : discover::findings_of(published.discovery))
        report::append_finding(out, finding, style, verbose, Backslash::kept);
    out += '\n';
}

void append_verdict(std::string& out, const Published& published, const report::Style& style) {
    std::string verdict;
    report::append_wrapped(verdict, printable_names(verdict_text(published)), verdict_column, verdict_column,
                           line_width);
    const check::Finding* finding = deciding(published);
    out += fmt::format("Verdict: {}\n",
                       finding == nullptr ? style.good(verdict) : style.severity(finding->rule->severity, verdict));
}

void append_json(std::string& out, const Published& published) {
    JsonWriter json{out};
    json.begin_object();
    json.member("schema_version", schema_version);
    json.plain_member("kind", "discovery");
    json.member("domain", published.discovery.domain);
    json.member("verdict", std::string_view{verdict_text(published)});
    write_decision(json, published);
    json.key("reached");
    if (published.reached) {
        json.value(std::string_view{to_string(published.targets[*published.reached].target)});
    } else {
        json.value(nullptr);
    }
    discover::write_lookups(json, published.discovery);
    write_hosts(json, published);
    report::write_findings(json, discover::findings_of(published.discovery));
    json.end_object();
    out += '\n';
}

report::Subject make_subject(const Published& published) {
    const discover::Discovery& discovery = published.discovery;
    report::Subject subject{
        .name = name_of(published), .summary = verdict_text(published), .findings = discover::findings_of(discovery)};
    for (const discover::Lookup& lookup : discovery.lookups) subject.duration += discover::duration_of(lookup.evidence);
    subject.metrics.push_back({.label = "lookup",
                               .value = std::chrono::duration<double, std::milli>(subject.duration).count(),
                               .unit = "ms"});
    subject.metrics.push_back({.label = "hosts", .value = static_cast<double>(discovery.hosts.size()), .unit = ""});
    return subject;
}

}  // namespace diag::probe
