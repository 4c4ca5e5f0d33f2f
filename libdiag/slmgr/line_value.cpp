#include "libdiag/slmgr/line_value.h"

#include <algorithm>
#include <charconv>

#include "libdiag/base/line_text.h"

namespace diag::slmgr {
namespace {

constexpr std::uint16_t default_port = 1688;
constexpr std::int64_t wmi_minus_one = 0xFFFFFFFF;  // -1 of a uint32 property, where it is shown as such

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool ends_at(std::string_view text, std::size_t at) { return at == text.size() || !is_word(text[at]); }

// "(not known from the wire)": what append_dlv() writes for an unknown value, slmgr never.
std::optional<std::string_view> unknown_reason(std::string_view text) {
    if (text.size() < 3 || !text.starts_with('(') || !text.ends_with(')')) return std::nullopt;
    return text.substr(1, text.size() - 2);
}

class ValueReader {
public:
    ValueReader(std::string_view text, const Line& line, Dlv& dlv) : text_{text}, line_{line}, dlv_{dlv} {}

    bool operator()(const TextValue& v) const {
        const std::string_view text = without_tail();
        if (!text.empty()) dlv_.*v.member = std::string{text};
        return true;
    }
    bool operator()(const IdValue& v) const {
        return take(v.member, Uuid::parse(text_.substr(0, 36)), text_.size() <= 36);
    }
    bool operator()(const NumberValue& v) const { return take(v.member, leading_number(text_)); }
    bool operator()(const MinutesValue& v) const { return take(v.member, leading_number(text_)); }
    bool operator()(const ReasonValue& v) const { return take(v.member, leading_code(text_)); }
    bool operator()(const MachineValue& v) const {
        if (v.source != KmsMachine::Source::unavailable) return take(v.member, machine_of(text_, v.source));
        // A name that is known says more.
        if (!(dlv_.*v.member)) dlv_.*v.member = KmsMachine{};
        return true;
    }
    bool operator()(const SentenceValue& v) const {
        dlv_.*v.member = true;
        return true;
    }
    template <class T> bool operator()(const ChoiceValue<T>& v) const {
        const Word<T>* best = nullptr;
        for (const Word<T>& word : v.words) {
            if (!starts_with_word(text_, word.text) || !ends_at(text_, word.text.size())) continue;
            if (best == nullptr || word.text.size() > best->text.size()) best = &word;
        }
        if (best != nullptr) dlv_.*v.member = best->value;
        return best != nullptr;
    }

private:
    template <class T> bool take(Fact<T> Dlv::*member, const std::optional<T>& value, bool is_whole = true) const {
        if (value && is_whole) dlv_.*member = *value;
        return value && is_whole;
    }

    std::string_view without_tail() const {
        const std::string_view tail = trimmed(line_.tail);
        if (tail.empty() || text_.size() < tail.size()) return text_;
        const std::size_t at = text_.size() - tail.size();
        return equals_word(text_.substr(at), tail) ? trimmed(text_.substr(0, at)) : text_;
    }

    std::string_view text_;
    const Line& line_;
    Dlv& dlv_;
};

// What follows the label, nullopt for another label. A blank at the end of a label may be gone with an empty value.
std::optional<std::string_view> behind_label(std::string_view text, std::string_view label) {
    if (starts_with_word(text, label)) return trimmed(text.substr(label.size()));
    const std::string_view bare = trimmed(label);
    if (bare.ends_with(':') && starts_with_word(text, bare)) return trimmed(text.substr(bare.size()));
    return std::nullopt;
}

struct MarkUnknown {
    std::string_view reason;
    Dlv& dlv;

    bool operator()(const SentenceValue&) const { return false; }
    bool operator()(const MachineValue& v) const {
        if (v.source == KmsMachine::Source::unavailable) return false;
        dlv.*v.member = Fact<KmsMachine>::unknown(std::string{reason});
        return true;
    }
    template <class T> bool operator()(const T& v) const {
        auto& fact = dlv.*v.member;
        fact = std::remove_reference_t<decltype(fact)>::unknown(std::string{reason});
        return true;
    }
};

}  // namespace

std::optional<std::int64_t> leading_number(std::string_view text) {
    constexpr std::size_t max_digits = 10;
    const std::size_t sign = text.starts_with('-') ? 1 : 0;
    std::size_t end = sign;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end == sign || end - sign > max_digits || !ends_at(text, end)) return std::nullopt;
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + end, number);
    return number == wmi_minus_one ? -1 : number;
}

std::optional<std::uint32_t> leading_code(std::string_view text) {
    if (!starts_with_word(text, "0x")) return std::nullopt;
    const std::string_view digits = text.substr(2, 9);
    std::uint32_t code = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    const auto size = static_cast<std::size_t>(end - digits.data());
    if (error != std::errc{} || size > 8 || !ends_at(digits, size)) return std::nullopt;
    return code;
}

std::optional<KmsMachine> machine_of(std::string_view text, KmsMachine::Source source) {
    const std::size_t colon = text.rfind(':');
    if (colon != std::string_view::npos) {
        const std::string_view digits = text.substr(colon + 1);
        const auto port = std::ranges::all_of(digits, is_digit) ? leading_number(digits) : std::nullopt;
        if (port && *port >= 1 && *port <= 0xFFFF && colon > 0)
            return KmsMachine{source, std::string{text.substr(0, colon)}, static_cast<std::uint16_t>(*port)};
    }
    if (text.empty()) return std::nullopt;
    return KmsMachine{source, std::string{text}, default_port};
}

bool has_label(std::string_view text, const Line& line) { return behind_label(text, line.label).has_value(); }

bool read_line(std::string_view text, const Line& line, Dlv& dlv) {
    const auto value = behind_label(text, line.label);
    if (!value) return false;
    if (const auto reason = unknown_reason(*value)) {
        if (std::visit(MarkUnknown{*reason, dlv}, line.value)) return true;
    }
    return std::visit(ValueReader{*value, line, dlv}, line.value);
}

}  // namespace diag::slmgr
