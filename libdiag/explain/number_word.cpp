#include "libdiag/explain/number_word.h"

#include <algorithm>
#include <charconv>

#include "libdiag/base/line_text.h"

namespace diag::explain {
namespace {

constexpr std::size_t code_digits = 8;

template <class T> std::optional<T> whole_number(std::string_view digits, int base) {
    T value = 0;
    const char* end = digits.data() + digits.size();
    const auto result = std::from_chars(digits.data(), end, value, base);
    if (digits.empty() || result.ec != std::errc{} || result.ptr != end) return std::nullopt;
    return value;
}

}  // namespace

std::optional<NumberWord> parse_number(std::string_view word) {
    using Form = NumberWord::Form;
    const auto as = [](Form form, auto value) -> std::optional<NumberWord> {
        if (!value) return std::nullopt;
        return NumberWord{form, static_cast<std::uint32_t>(*value)};
    };
    if (starts_with_word(word, "0x")) {
        const std::string_view digits = word.substr(2);
        if (digits.size() > code_digits || digits.starts_with('-')) return std::nullopt;
        return as(Form::hex, whole_number<std::uint32_t>(digits, 16));
    }
    if (word.starts_with('-')) return as(Form::negative, whole_number<std::int32_t>(word, 10));
    if (word.size() == code_digits) {
        if (const auto value = whole_number<std::uint32_t>(word, 16)) return NumberWord{Form::bare_hex, *value};
    }
    return as(Form::decimal, whole_number<std::uint32_t>(word, 10));
}

}  // namespace diag::explain
