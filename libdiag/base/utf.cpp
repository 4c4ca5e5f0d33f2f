#include "libdiag/base/utf.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace diag {
namespace {

constexpr char32_t replacement = 0xFFFD;

void append_utf8(std::string& out, char32_t c) {
    const auto put = [&out](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | (c >> 6));
        put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        put(0xE0 | (c >> 12));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    } else {
        put(0xF0 | (c >> 18));
        put(0x80 | ((c >> 12) & 0x3F));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    }
}

// Characters that change how a terminal shows the text around them, or hide in it.
bool is_unsafe(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
           (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE007F);
}

// How many units at the front are ASCII and not zero, counted in fours.
std::size_t count_plain_fours(Bytes units) {
    if constexpr (std::endian::native != std::endian::little) return 0;
    std::size_t plain = 0;
    for (; 2 * (plain + 4) <= units.size(); plain += 4) {
        std::uint64_t four = 0;
        std::memcpy(&four, units.data() + 2 * plain, sizeof four);
        const bool is_ascii = (four & 0xFF80FF80FF80FF80U) == 0;
        const bool has_zero = ((four - 0x0001000100010001U) & ~four & 0x8000800080008000U) != 0;
        if (!is_ascii || has_zero) break;
    }
    return plain;
}

}  // namespace

Utf8Character next_utf8(std::string_view text) {
    const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return {first, 1, true};
    const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < size) return {first, 1, false};
    char32_t value = first & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return {first, 1, false};
        value = (value << 6) | (byte(i) & 0x3FU);
    }
    const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
    if (overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {first, 1, false};
    return {value, size, true};
}

std::string utf8_from_utf16le(Bytes units) {
    const std::size_t count = units.size() / 2;
    // Nearly all names are ASCII: no need to look at them character by character.
    std::size_t plain = count_plain_fours(units);
    while (plain < count && units[2 * plain + 1] == 0 && units[2 * plain] < 0x80 && units[2 * plain] != 0) ++plain;
    if (plain == count || (units[2 * plain] == 0 && units[2 * plain + 1] == 0)) {
        std::string ascii(plain, '\0');
        for (std::size_t i = 0; i < plain; ++i) ascii[i] = static_cast<char>(units[2 * i]);
        return ascii;
    }
    const auto unit = [units](std::size_t i) { return static_cast<char32_t>(units[2 * i] | (units[2 * i + 1] << 8)); };
    std::string text;
    text.reserve(count);
    for (std::size_t i = 0; i < count && unit(i) != 0; ++i) {
        char32_t c = unit(i);
        const bool high = c >= 0xD800 && c <= 0xDBFF;
        if (high && i + 1 < count && unit(i + 1) >= 0xDC00 && unit(i + 1) <= 0xDFFF) {
            c = 0x10000 + ((c - 0xD800) << 10) + (unit(i + 1) - 0xDC00);
            ++i;
        } else if (c >= 0xD800 && c <= 0xDFFF) {
            c = replacement;
        }
        append_utf8(text, c);
    }
    return text;
}

ByteVector utf16le_from_utf8(std::string_view text) {
    ByteVector units;
    units.reserve(text.size() * 2);
    const auto put = [&units](char32_t unit) {
        units.push_back(static_cast<std::uint8_t>(unit & 0xFF));
        units.push_back(static_cast<std::uint8_t>(unit >> 8));
    };
    while (!text.empty()) {
        const Utf8Character c = next_utf8(text);
        text.remove_prefix(c.size);
        const char32_t value = c.valid ? c.value : replacement;
        if (value < 0x10000) {
            put(value);
        } else {
            put(0xD800 + ((value - 0x10000) >> 10));
            put(0xDC00 + ((value - 0x10000) & 0x3FF));
        }
    }
    return units;
}

std::string escape_for_terminal(std::string_view text, Backslash backslash) {
    const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7F && c != '\\'; };
    if (std::all_of(text.begin(), text.end(), is_plain)) return std::string{text};
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Utf8Character c = next_utf8(text);
        if (!c.valid) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned>(c.value));
        } else if (c.value == '\\' && backslash == Backslash::doubled) {
            out += "\\\\";
        } else if (is_unsafe(c.value)) {
            out += c.value < 0x80 ? fmt::format("\\x{:02x}", static_cast<unsigned>(c.value))
                                  : fmt::format("\\u{{{:04x}}}", static_cast<unsigned>(c.value));
        } else {
            out += text.substr(0, c.size);
        }
        text.remove_prefix(c.size);
    }
    return out;
}

std::string printable_names(std::string_view text) { return escape_for_terminal(text, Backslash::kept); }

}  // namespace diag
