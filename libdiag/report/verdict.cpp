#include "libdiag/report/verdict.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/lang/message.h"
#include "libdiag/report/json_finding.h"
#include "libdiag/report/labels.h"

namespace diag::report {
namespace {

using check::Verdict;
using lang::say;

// More than a reader takes in; JSON has all.
constexpr std::size_t max_conclusions = 10;
constexpr std::size_t max_consequences = 8;

std::string origin_text(const Verdict::Entry& entry) {
    if (entry.count == 1) return say("in {}", entry.source);
    return say("{} times, first in {}", entry.count, entry.source);
}

void append_conclusion(std::string& out, const Verdict::Conclusion& conclusion, const Style& style, bool verbose) {
    check::Finding cause = conclusion.cause.finding;
    cause.evidence.insert(cause.evidence.begin(), origin_text(conclusion.cause));
    // Mere information that is the cause of something has a remedy worth reading.
    append_finding(out, cause, style, verbose || cause.rule->severity == check::Severity::info);
    const std::size_t count = conclusion.consequences.size();
    const std::size_t shown = std::min(count, max_consequences);
    for (std::size_t i = 0; i < shown; ++i) append_consequence(out, conclusion.consequences[i].finding);
    if (count > shown) out += fmt::format("  {}\n", say("and {} more consequences: --json has them", count - shown));
}

void write_seen(JsonWriter& json, const Verdict::Entry& entry) {
    json.key("finding");
    write_finding(json, entry.finding);
    json.member("source", std::string_view{entry.source});
    json.member("seen_count", entry.count);
}

void write_entry(JsonWriter& json, const Verdict::Entry& entry) {
    json.begin_object();
    write_seen(json, entry);
    json.end_object();
}

}  // namespace

void append_verdict(std::string& out, const Verdict& verdict, const Style& style, bool verbose) {
    const auto conclusions = verdict.conclusions();
    if (conclusions.empty()) return;
    out += '\n' + style.strong(lang::tr(label::verdict)) + '\n';
    const std::size_t shown = std::min(conclusions.size(), max_conclusions);
    for (std::size_t i = 0; i < shown; ++i) append_conclusion(out, conclusions[i], style, verbose);
    if (conclusions.size() > shown)
        out += fmt::format("  {}\n", say("and {} more causes: --json has them", conclusions.size() - shown));
    if (const auto count = verdict.dropped_count(); count > 0) {
        out += fmt::format("  {}\n", count == 1 ? say("not compared, to bound memory: {} more finding", count)
                                                : say("not compared, to bound memory: {} more findings", count));
    }
}

void write_causes(JsonWriter& json, const Verdict& verdict) {
    json.key("causes").begin_array();
    for (const auto& conclusion : verdict.conclusions()) {
        json.begin_object();
        write_seen(json, conclusion.cause);
        json.key("consequences").begin_array();
        for (const auto& entry : conclusion.consequences) write_entry(json, entry);
        json.end_array();
        json.end_object();
    }
    json.end_array();
    json.member("dropped_count", verdict.dropped_count());
}

}  // namespace diag::report
