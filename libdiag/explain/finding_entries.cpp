#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/explain/entries.h"

namespace diag::explain {
namespace {

void add_code(Entry& entry, std::string_view key, std::string_view label, std::uint32_t code) {
    if (code == 0) return;
    std::string text = format_code(code);
    if (const kms::ErrorCode* error = kms::find_error(code); error != nullptr && !error->symbol.empty())
        text += fmt::format(" {}", error->symbol);
    entry.facts.push_back({key, label, std::move(text)});
}

// What is known of a finding's codes is what it rests on.
void add_sources(Entry& entry, std::uint32_t code) {
    const kms::ErrorCode* error = kms::find_error(code);
    if (code == 0 || error == nullptr) return;
    for (const std::string_view source : source_items(error->sources))
        if (std::ranges::find(entry.sources, source) == entry.sources.end()) entry.sources.push_back(source);
}

}  // namespace

Entry entry_of(const check::Rule& rule) {
    Entry entry{.kind = Kind::finding, .key = std::string{rule.id}, .name = {}, .meaning = rule.summary};
    entry.facts.push_back({"severity", "Severity", std::string{check::name_of(rule.severity)}});
    entry.facts.push_back({"stage", "Stage", std::string{check::name_of(rule.stage)}});
    add_code(entry, "windows_code", "Windows shows at the end", rule.windows_code);
    add_code(entry, "inner_code", "Its event 12288 carries", rule.inner_code);
    entry.causes.assign(rule.causes.begin(), rule.causes.end());
    entry.checks.assign(rule.remedy.begin(), rule.remedy.end());
    entry.to_be_sure = rule.to_be_sure;
    if (!rule.capture_shows.empty()) entry.wire.push_back({{}, rule.capture_shows});
    entry.events.assign(rule.events.begin(), rule.events.end());
    if (!rule.code_note.empty()) entry.notes.push_back({{}, rule.code_note});
    add_sources(entry, rule.windows_code);
    add_sources(entry, rule.inner_code);
    return entry;
}

}  // namespace diag::explain
