#include "libdiag/explain/marks.h"

#include <algorithm>

#include "libdiag/base/line_text.h"

namespace diag::explain {
namespace {

constexpr Mark marks[] = {
    {"doc", "stated by the page that is named as source"},
    {"inf", "follows from protocol rules or from documented facts, and is stated nowhere"},
    {"?", "not verified, or not known"},
};

// The name of the mark with which the text begins; empty for none.
std::string_view mark_at(std::string_view text) {
    const std::size_t end = text.find(']');
    if (!text.starts_with('[') || end == std::string_view::npos) return {};
    const std::string_view name = text.substr(1, end - 1);
    const auto found = std::ranges::find(marks, name, &Mark::name);
    return found == std::ranges::end(marks) ? std::string_view{} : found->name;
}

// Where the next ";" is that a mark follows.
std::size_t end_of_statement(std::string_view text) {
    std::size_t end = text.find(';');
    while (end != std::string_view::npos && mark_at(trimmed(text.substr(end + 1))).empty())
        end = text.find(';', end + 1);
    return std::min(end, text.size());
}

void add_mark(std::vector<std::string_view>& seen, std::string_view mark) {
    if (!mark.empty() && std::ranges::find(seen, mark) == seen.end()) seen.push_back(mark);
}

// Rules and notes carry their marks in the middle of sentences.
void add_marks_in(std::vector<std::string_view>& seen, std::string_view text) {
    for (std::size_t at = text.find('['); at != std::string_view::npos; at = text.find('[', at + 1))
        add_mark(seen, mark_at(text.substr(at)));
}

}  // namespace

std::span<const Mark> all_marks() { return marks; }

std::vector<Statement> statements_of(std::string_view cell) {
    std::vector<Statement> statements;
    while (!cell.empty()) {
        const std::size_t end = end_of_statement(cell);
        std::string_view text = trimmed(cell.substr(0, end));
        const std::string_view mark = mark_at(text);
        if (!mark.empty()) text = trimmed(text.substr(mark.size() + 2));
        if (!text.empty()) statements.push_back({mark, text});
        cell.remove_prefix(std::min(end + 1, cell.size()));
    }
    return statements;
}

bool is_doubtful(std::string_view cell) {
    return cell == "?" || cell.ends_with(" ?") || cell.find(" ? ") != std::string_view::npos ||
           cell.find(" ?;") != std::string_view::npos || cell.find(" ?,") != std::string_view::npos;
}

std::vector<std::string_view> marks_of(const Entry& entry) {
    std::vector<std::string_view> seen;
    const auto add = [&seen](std::string_view text) {
        add_marks_in(seen, text);
        if (is_doubtful(text)) add_mark(seen, "?");
    };
    for (const auto* statements : {&entry.wire, &entry.notes}) {
        for (const Statement& statement : *statements) {
            add_mark(seen, statement.mark);
            add(statement.text);
        }
    }
    add(entry.name);
    add(entry.meaning);
    for (const Fact& fact : entry.facts) add(fact.value);
    for (const auto* texts : {&entry.causes, &entry.checks, &entry.events})
        for (const std::string_view text : *texts) add(text);
    const auto rank = [](std::string_view mark) { return std::ranges::find(marks, mark, &Mark::name) - marks; };
    std::ranges::sort(seen, {}, rank);
    return seen;
}

}  // namespace diag::explain
