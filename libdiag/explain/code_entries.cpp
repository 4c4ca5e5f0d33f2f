#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/check/event_verdict.h"
#include "libdiag/check/rules.h"
#include "libdiag/explain/entries.h"
#include "libdiag/explain/marks.h"

namespace diag::explain {
namespace {

constexpr std::uint32_t win32_hresult = 0x80070000;
constexpr std::uint32_t severity_error = 0x80000000;

// Pages that list names and one-line meanings, and say nothing of causes.
constexpr std::string_view code_tables[] = {
    "docs.rs/windows-sys", "debug/system-error-codes", "winsock/windows-sockets-error-codes", "ms-erref",
    "rpc-return-values",   "dns/dns-constants",
};

constexpr std::string_view judgement =
    "The source is a table of codes: causes and checks are engineering judgement, not documented.";

bool is_code_table(std::string_view source) {
    return std::ranges::any_of(code_tables,
                               [&](std::string_view name) { return source.find(name) != std::string_view::npos; });
}

// A refusal on the wire and the code that a client makes of it have rows of their own, joined by the Win32 code.
bool is_wire_result(const kms::ErrorCode& error) { return error.symbol.find("->") != std::string_view::npos; }

std::string wire_results_of(std::uint32_t win32) {
    std::vector<std::string> names;
    for (const kms::ErrorCode& other : kms::all_errors()) {
        if (!is_wire_result(other) || other.win32 != win32) continue;
        const std::string_view symbol = other.symbol.substr(0, other.symbol.find(" ->"));
        names.push_back(fmt::format("{} {}", other.key, symbol));
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string win32_text(const kms::ErrorCode& error) {
    if (!is_wire_result(error)) return fmt::format("{}", error.win32);
    const std::uint32_t hresult = win32_hresult | error.win32;
    const kms::ErrorCode* shown = kms::find_error(hresult);
    const std::string_view symbol = shown != nullptr ? shown->symbol : error.symbol.substr(error.symbol.find("->") + 3);
    return fmt::format("{} {}, {}", error.win32, symbol, format_code(hresult));
}

void add_facts(Entry& entry, const kms::ErrorCode& error) {
    entry.facts.push_back({"where", "Where", std::string{error.where}});
    if (error.win32 != 0)
        entry.facts.push_back(
            {"win32", is_wire_result(error) ? "A client makes of it" : "Win32 code", win32_text(error)});
    if ((error.code & severity_error) != 0)
        entry.facts.push_back(
            {"signed_decimal", "As a signed number", std::to_string(static_cast<std::int32_t>(error.code))});
    if (error.win32 == 0 || is_wire_result(error)) return;
    if (std::string results = wire_results_of(error.win32); !results.empty())
        entry.facts.push_back({"wire_results", "RPC results that end in it", std::move(results)});
}

void add_findings(Entry& entry, const kms::ErrorCode& error) {
    if (!error.has_code()) return;
    for (const check::Rule* rule : check::all_rules()) {
        if (rule->windows_code == error.code) entry.ends_in.push_back(rule);
        const bool is_refusal = &check::refusal_rule(error.code) == rule && rule != &check::rule::host_refused;
        if (rule->inner_code == error.code || is_refusal) entry.logged_for.push_back(rule);
    }
}

}  // namespace

Entry entry_of(const kms::ErrorCode& error) {
    Entry entry{.kind = Kind::code, .key = std::string{error.key}, .name = error.symbol, .meaning = error.meaning};
    add_facts(entry, error);
    entry.causes = kms::list_items(error.causes);
    entry.checks = kms::list_items(error.checks);
    entry.wire = statements_of(error.evidence);
    entry.sources = source_items(error.sources);
    if (std::ranges::all_of(entry.sources, is_code_table)) entry.notes.push_back({{}, judgement});
    if (error.symbol.empty()) entry.notes.push_back({"?", "No public name of this code is known."});
    add_findings(entry, error);
    return entry;
}

std::vector<std::string_view> source_items(std::string_view cell) {
    constexpr std::string_view separator = " ; ";
    std::vector<std::string_view> items;
    while (!cell.empty()) {
        const std::size_t end = std::min(cell.find(separator), cell.size());
        if (end > 0 && cell != "?") items.push_back(cell.substr(0, end));
        cell.remove_prefix(std::min(end + separator.size(), cell.size()));
    }
    return items;
}

}  // namespace diag::explain
