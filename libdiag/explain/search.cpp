#include "libdiag/explain/search.h"

#include <algorithm>

#include "libdiag/base/line_text.h"
#include "libdiag/explain/entries.h"
#include "libdiag/lang/language.h"

namespace diag::explain {
namespace {

constexpr Kind order[] = {Kind::finding,     Kind::code,         Kind::event,    Kind::product,
                          Kind::application, Kind::counted_item, Kind::host_key, Kind::rpc_interface};

class Haystack {
public:
    void add(std::string_view text) {
        text_ += text;
        text_ += '\n';
        const std::string_view japanese = lang::in_language(lang::Language::ja, text);
        if (japanese == text) return;
        text_ += japanese;
        text_ += '\n';
    }
    bool has(std::string_view word) const { return contains_word(text_, word); }

private:
    std::string text_;
};

Haystack haystack_of(const Entry& entry) {
    Haystack texts;
    texts.add(entry.key);
    texts.add(entry.name);
    texts.add(entry.meaning);
    for (const Fact& fact : entry.facts) {
        texts.add(fact.label);
        texts.add(fact.value);
    }
    for (const auto* list : {&entry.causes, &entry.checks, &entry.events})
        for (const std::string_view text : *list) texts.add(text);
    for (const auto* list : {&entry.wire, &entry.notes})
        for (const Statement& statement : *list) texts.add(statement.text);
    return texts;
}

}  // namespace

std::vector<Entry> search(std::span<const std::string> words) {
    std::vector<Entry> found;
    for (const Kind kind : order) {
        for (Entry& entry : all_entries(kind)) {
            const Haystack texts = haystack_of(entry);
            if (std::ranges::all_of(words, [&](const std::string& word) { return texts.has(word); }))
                found.push_back(std::move(entry));
        }
    }
    return found;
}

}  // namespace diag::explain
