#include "libdiag/explain/look_up.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "libdiag/base/hex.h"
#include "libdiag/base/line_text.h"
#include "libdiag/check/rules.h"
#include "libdiag/explain/entries.h"
#include "libdiag/explain/number_word.h"

namespace diag::explain {
namespace {

using Entries = std::vector<Entry>;

constexpr std::uint32_t win32_hresult = 0x80070000;
constexpr std::uint32_t win32_mask = 0xFFFF;
constexpr std::size_t partial_key_size = 5;
// Nothing that the tables know is longer; an ePID is less than half of it.
constexpr std::size_t max_word_size = 200;

// What people copy along with a word.
std::string_view bare(std::string_view word) {
    constexpr std::string_view before = " \t\r\n\"'`(){}[]<>,;";
    constexpr std::string_view behind = " \t\r\n\"'`(){}[]<>,;.:";
    const std::size_t first = word.find_first_not_of(before);
    const std::size_t last = word.find_last_not_of(behind);
    if (first == std::string_view::npos || last == std::string_view::npos || last < first) return {};
    return word.substr(first, last - first + 1);
}

void add_code(Entries& entries, const kms::ErrorCode* error) {
    if (error == nullptr) return;
    const auto is_it = [&](const Entry& entry) { return entry.key == error->key; };
    if (std::ranges::none_of(entries, is_it)) entries.push_back(entry_of(*error));
}

// Rows of RPC results alone name the Win32 code that a client makes of them, where no page lists it.
void add_rows_of_win32(Entries& entries, std::uint32_t value) {
    for (const kms::ErrorCode& error : kms::all_errors())
        if (error.win32 == value) add_code(entries, &error);
}

void add_codes(Entries& entries, NumberWord number) {
    const std::uint32_t value = number.value;
    if (value == 0) return;
    // A decimal is a Win32 code first; a status of the same number in a fault PDU is named there.
    if (value <= win32_mask && number.form == NumberWord::Form::decimal)
        add_code(entries, kms::find_error(win32_hresult | value));
    if (entries.empty()) add_code(entries, kms::find_error(value));
    if (!entries.empty()) return;
    if (value <= win32_mask) {
        add_code(entries, kms::find_error(win32_hresult | value));
        if (entries.empty()) add_rows_of_win32(entries, value);
    } else if ((value & ~win32_mask) == win32_hresult) {
        add_rows_of_win32(entries, value & win32_mask);
    }
}

void add_events(Entries& entries, std::uint32_t id) {
    for (const Event& event : all_events())
        if (event.is_about(id)) entries.push_back(entry_of(event));
}

// "event 12290", "Event ID: 12290"; the number, if it is one.
std::optional<std::uint32_t> event_number(std::string_view word) {
    for (const std::string_view start : {"event id", "event-id", "eventid", "event", "イベント ID", "イベント"}) {
        if (!starts_with_word(word, start)) continue;
        word.remove_prefix(start.size());
        if (word.starts_with(':')) word.remove_prefix(1);
        const auto number = parse_number(bare(word));
        if (number && number->form == NumberWord::Form::decimal) return number->value;
        return std::nullopt;
    }
    return std::nullopt;
}

void add_event_word(Entries& entries, std::string_view word) {
    constexpr std::size_t shortest = 6;
    if (word.size() < shortest) return;
    if (const auto id = event_number(word)) return add_events(entries, *id);
    for (const Event& event : all_events())
        if (equals_word(event.key, word)) entries.push_back(entry_of(event));
}

void add_finding(Entries& entries, std::string_view word) {
    constexpr std::string_view prefix = "KMS-";
    for (const check::Rule* rule : check::all_rules()) {
        if (equals_word(rule->id, word) || equals_word(rule->id.substr(prefix.size()), word))
            entries.push_back(entry_of(*rule));
    }
}

// "bind_nak:4" and "bind_ack:1/3" as the table writes them.
std::string table_key(std::string_view word) {
    constexpr std::string_view nak = "bind_nak:";
    constexpr std::string_view user_rejection = "bind_ack:1/";
    if (starts_with_word(word, nak)) {
        if (const auto reason = parse_number(word.substr(nak.size())))
            return fmt::format("bind_nak:0x{:04X}", reason->value);
    }
    if (starts_with_word(word, user_rejection)) return "bind_ack:1/x";
    for (const kms::ErrorCode& error : kms::all_errors())
        if (!error.has_code() && equals_word(error.key, word)) return std::string{error.key};
    return std::string{word};
}

bool is_symbol_character(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// The cell may hold more than one name: "nca_unk_if -> RPC_S_UNKNOWN_IF".
bool has_symbol(std::string_view cell, std::string_view symbol) {
    for (std::size_t at = 0; at < cell.size();) {
        std::size_t end = at;
        while (end < cell.size() && is_symbol_character(cell[end])) ++end;
        if (equals_word(cell.substr(at, end - at), symbol)) return true;
        at = end + 1;
    }
    return false;
}

void add_symbol(Entries& entries, std::string_view word) {
    constexpr std::size_t shortest = 7;
    if (word.size() < shortest || !std::ranges::all_of(word, is_symbol_character)) return;
    for (const kms::ErrorCode& error : kms::all_errors())
        if (equals_word(error.symbol, word)) add_code(entries, &error);
    if (!entries.empty()) return;
    for (const kms::ErrorCode& error : kms::all_errors())
        if (has_symbol(error.symbol, word)) add_code(entries, &error);
}

void add_ids(Entries& entries, std::string_view word) {
    const auto uuid = Uuid::parse(word);
    if (!uuid) return;
    if (const auto* product = kms::find_product(*uuid)) entries.push_back(entry_of(*product));
    if (const auto* application = kms::find_application(*uuid)) entries.push_back(entry_of(*application));
    if (const auto* item = kms::find_kms_item(*uuid)) entries.push_back(entry_of(*item));
    for (const kms::HostKey& key : kms::all_host_keys())
        if (key.activation_id == *uuid) entries.push_back(entry_of(key));
    if (auto entry = rpc_entry(*uuid)) entries.push_back(std::move(*entry));
}

void add_named_key(Entries& entries, std::string_view word) {
    for (const kms::HostKey& key : kms::all_host_keys())
        if (equals_word(key.host_key_id, word)) entries.push_back(entry_of(key));
}

void add_partial_key(Entries& entries, std::string_view word) {
    if (word.size() != partial_key_size) return;
    for (const kms::Product& product : kms::all_products()) {
        const auto keys = kms::list_items(product.partial_key);
        if (std::ranges::any_of(keys, [&](std::string_view key) { return equals_word(key, word); }))
            entries.push_back(entry_of(product));
    }
}

// "hr=0x80070005" as event 8198 writes it, "HRESULT:0x8007232B": a code, and no event.
std::optional<NumberWord> result_number(std::string_view word) {
    for (const std::string_view start : {"hresult", "hr"}) {
        if (!starts_with_word(word, start)) continue;
        const std::string_view rest = trimmed(word.substr(start.size()));
        if (rest.starts_with('=') || rest.starts_with(':')) return parse_number(trimmed(rest.substr(1)));
        return std::nullopt;
    }
    return std::nullopt;
}

// "900 / 902 / 903", as a page lists events that belong together.
bool is_list(std::string_view word) {
    return word.find('/') != std::string_view::npos && word.find_first_not_of("0123456789/ ") == std::string_view::npos;
}

Entries look_up_list(std::string_view word) {
    Entries entries;
    while (!word.empty()) {
        const std::size_t end = std::min(word.find('/'), word.size());
        if (const auto id = parse_number(trimmed(word.substr(0, end)))) add_events(entries, id->value);
        word.remove_prefix(std::min(end + 1, word.size()));
    }
    return entries;
}

}  // namespace

std::vector<Entry> look_up(std::string_view text) {
    Entries entries;
    const std::string_view whole = trimmed(text);
    if (whole.empty() || whole.size() > max_word_size) return entries;
    add_event_word(entries, whole);  // keys of rows may end with a parenthesis
    const std::string_view word = bare(whole);
    if (word.empty() || !entries.empty()) return entries;
    if (is_list(word)) return look_up_list(word);
    if (const auto result = result_number(word)) {
        add_codes(entries, *result);
        return entries;
    }
    if (const auto number = parse_number(word)) {
        add_codes(entries, *number);
        if (number->form == NumberWord::Form::decimal) add_events(entries, number->value);
    }
    add_code(entries, kms::find_rpc_refusal(table_key(word)));
    add_finding(entries, word);
    add_symbol(entries, word);
    add_ids(entries, word);
    add_named_key(entries, word);
    if (const auto epid = kms::parse_epid(word)) entries.push_back(entry_of(*epid, word));
    add_partial_key(entries, word);
    return entries;
}

}  // namespace diag::explain
