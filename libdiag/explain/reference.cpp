#include "libdiag/explain/reference.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/line_text.h"
#include "libdiag/base/uuid.h"
#include "libdiag/explain/events.h"
#include "libdiag/explain/look_up.h"
#include "libdiag/explain/number_word.h"
#include "libdiag/proto/kms/epid.h"

namespace diag::explain {
namespace {

constexpr std::size_t max_remembered = 4096;
constexpr std::size_t max_word_size = 80;
constexpr std::size_t code_digits = 8;
// Smaller values are flags, counts and lengths far more often than statuses.
constexpr std::uint32_t least_code = 0x10000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool is_word_character(char c) { return is_digit(c) || is_letter(c) || c == '_' || c == '-' || c == '.'; }

// The next word of the line from `at` on, without the full stop that ends a sentence; empty at the end.
std::string_view next_word(std::string_view line, std::size_t& at) {
    while (at < line.size() && !is_word_character(line[at])) ++at;
    const std::size_t begin = at;
    while (at < line.size() && is_word_character(line[at])) ++at;
    std::string_view word = line.substr(begin, at - begin);
    while (word.ends_with('.') || word.ends_with('-')) word.remove_suffix(1);
    return word;
}

bool is_code(std::string_view word) {
    constexpr std::string_view starts[] = {"C004", "C002", "8007", "8009", "8004", "8000", "4004"};
    const auto number = parse_number(word);
    if (!number || number->value < least_code) return false;
    switch (number->form) {
        case NumberWord::Form::hex: return word.size() == code_digits + 2;
        case NumberWord::Form::bare_hex:
            return std::ranges::any_of(starts, [&](std::string_view start) { return starts_with_word(word, start); });
        case NumberWord::Form::negative: return true;
        case NumberWord::Form::decimal: break;
    }
    return false;
}

bool is_finding(std::string_view word) { return word.starts_with("KMS-"); }

bool is_symbol(std::string_view word) {
    constexpr std::string_view starts[] = {"SL_", "RPC_", "EPT_", "DNS_", "ERROR_", "WSA", "nca_"};
    return std::ranges::any_of(starts, [&](std::string_view start) { return word.starts_with(start); });
}

bool is_id(std::string_view word) { return Uuid::parse(word) || kms::parse_epid(word); }

// "<EventID Qualifiers='49152'>" before the number.
bool ends_with_event_tag(std::string_view before) {
    if (!before.ends_with('>')) return false;
    const std::size_t tag = before.rfind('<');
    return tag != std::string_view::npos && starts_with_word(before.substr(tag + 1), "EventID");
}

bool is_event_context(std::string_view before) {
    constexpr std::string_view names[] = {"event id", "eventid",     "event_id",   "event-id", "eventcode",
                                          "event",    "イベント id", "イベントid", "イベント", "security-spp"};
    if (ends_with_event_tag(before)) return true;
    const std::size_t end = before.find_last_not_of(" \t:=\"'[(#,;");
    if (end == std::string_view::npos) return false;
    before = before.substr(0, end + 1);
    return std::ranges::any_of(names, [&](std::string_view name) {
        return before.size() >= name.size() && equals_word(before.substr(before.size() - name.size()), name);
    });
}

bool is_event(std::string_view word, std::string_view before) {
    const auto number = parse_number(word);
    return number && number->form == NumberWord::Form::decimal && find_event(number->value) != nullptr &&
           is_event_context(before);
}

}  // namespace

std::vector<Reference> ReferenceFinder::find(std::string_view line) {
    std::vector<Reference> found;
    for (std::size_t at = 0; found.size() < max_per_line;) {
        const std::string_view word = next_word(line, at);
        if (word.empty() && at >= line.size()) break;
        if (word.size() < 3 || word.size() > max_word_size) continue;
        const std::string_view before = line.substr(0, static_cast<std::size_t>(word.data() - line.data()));
        std::string asked;
        if (is_code(word) || is_finding(word) || is_symbol(word) || is_id(word)) {
            asked = word;
        } else if (is_event(word, before)) {
            asked = fmt::format("event {}", word);
        } else {
            continue;
        }
        const std::optional<Entry>& entry = known(asked);
        if (!entry) continue;
        const auto is_it = [&](const Reference& other) { return other.entry.key == entry->key; };
        if (std::ranges::none_of(found, is_it)) found.push_back({word, *entry});
    }
    return found;
}

const std::optional<Entry>& ReferenceFinder::known(const std::string& word) {
    if (const auto found = looked_up_.find(word); found != looked_up_.end()) return found->second;
    if (looked_up_.size() >= max_remembered) looked_up_.clear();
    auto entries = look_up(word);
    std::optional<Entry> entry;
    if (!entries.empty()) entry = std::move(entries.front());
    return looked_up_.emplace(word, std::move(entry)).first->second;
}

}  // namespace diag::explain
