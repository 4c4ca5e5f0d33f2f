#include "libdiag/base/line_text.h"

#include <algorithm>

#include "libdiag/base/utf.h"

namespace diag {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_letter(char a, char b) { return lower(a) == lower(b); }

bool is_blank(char32_t c) {
    return c <= 0x20 || c == 0x7F || c == 0xA0 || c == 0x202F || c == 0x3000 || c == 0xFEFF || c == 0x200E ||
           c == 0x200F;
}

constexpr char32_t full_width_colon = 0xFF1A;

}  // namespace

bool starts_with_word(std::string_view text, std::string_view start) {
    return text.size() >= start.size() && std::equal(start.begin(), start.end(), text.begin(), same_letter);
}

bool equals_word(std::string_view a, std::string_view b) { return a.size() == b.size() && starts_with_word(a, b); }

bool contains_word(std::string_view text, std::string_view part) {
    return std::search(text.begin(), text.end(), part.begin(), part.end(), same_letter) != text.end();
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::string tidied(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    bool blank_before = false;
    while (!text.empty()) {
        const Utf8Character c = next_utf8(text);
        const bool is_colon = c.valid && (c.value == ':' || c.value == full_width_colon);
        if (c.valid && is_blank(c.value)) {
            blank_before = !out.empty();
        } else {
            if (blank_before && !is_colon) out += ' ';
            blank_before = is_colon && c.value == full_width_colon;
            if (is_colon) {
                out += ':';
            } else {
                out += text.substr(0, c.size);
            }
        }
        text.remove_prefix(c.size);
    }
    return out;
}

}  // namespace diag
