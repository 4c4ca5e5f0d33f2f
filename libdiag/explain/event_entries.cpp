#include <algorithm>

#include "libdiag/check/rules.h"
#include "libdiag/explain/entries.h"

namespace diag::explain {
namespace {

// An event that nearly every finding sends people to says nothing about which one it is.
constexpr std::size_t most_findings = 12;

void add_fact(Entry& entry, std::string_view key, std::string_view label, std::string_view cell) {
    if (!cell.empty() && cell != "-") entry.facts.push_back({key, label, std::string{cell}});
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// As a number of its own: "12290", not "122901".
bool names(std::string_view text, std::string_view id) {
    for (std::size_t at = text.find(id); at != std::string_view::npos; at = text.find(id, at + 1)) {
        const std::size_t end = at + id.size();
        const bool begins = at == 0 || !is_digit(text[at - 1]);
        if (begins && (end == text.size() || !is_digit(text[end]))) return true;
    }
    return false;
}

void add_findings(Entry& entry, const Event& event) {
    if (event.first == 0 || event.first != event.last) return;
    for (const check::Rule* rule : check::all_rules()) {
        if (std::ranges::any_of(rule->events, [&](std::string_view text) { return names(text, event.key); }))
            entry.read_for.push_back(rule);
    }
    if (entry.read_for.size() > most_findings) entry.read_for.clear();
}

}  // namespace

Entry entry_of(const Event& event) {
    Entry entry{.kind = Kind::event, .key = std::string{event.key}, .name = {}, .meaning = event.meaning};
    if (event.side != "none") add_fact(entry, "side", "Written by", event.side);
    add_fact(entry, "log", "Log", event.log);
    add_fact(entry, "fields", "Fields", event.layout);
    add_fact(entry, "certainty", "Certainty", event.certainty);
    if (!is_blank_cell(event.checks)) entry.checks = kms::list_items(event.checks);
    entry.sources = source_items(event.sources);
    if (event.first != 0 && event.first < event.last) return entry;
    add_findings(entry, event);
    return entry;
}

}  // namespace diag::explain
