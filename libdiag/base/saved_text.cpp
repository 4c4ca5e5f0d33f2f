#include "libdiag/base/saved_text.h"

#include <algorithm>
#include <optional>

#include "libdiag/base/cp1252.h"
#include "libdiag/base/cp850.h"
#include "libdiag/base/cp932.h"
#include "libdiag/base/utf.h"

namespace diag {
namespace {

constexpr std::size_t sample_size = 1024;

// A guess needs every second byte of a fair share of the beginning to be NUL, and nearly none of the others.
bool looks_like_utf16(Bytes file, std::size_t high) {
    const Bytes sample = head(file, sample_size);
    std::size_t high_nuls = 0;
    std::size_t low_nuls = 0;
    for (std::size_t i = 0; i < sample.size(); ++i) {
        if (sample[i] == 0) ++(i % 2 == high ? high_nuls : low_nuls);
    }
    return high_nuls >= 4 && high_nuls >= sample.size() / 8 && low_nuls * 8 < high_nuls;
}

struct Utf16Form {
    bool big_endian;
    std::size_t mark_size;
};

std::optional<Utf16Form> utf16_form(Bytes file) {
    if (file.size() >= 2 && file[0] == 0xFF && file[1] == 0xFE) return Utf16Form{false, 2};
    if (file.size() >= 2 && file[0] == 0xFE && file[1] == 0xFF) return Utf16Form{true, 2};
    if (looks_like_utf16(file, 1)) return Utf16Form{false, 0};
    if (looks_like_utf16(file, 0)) return Utf16Form{true, 0};
    return std::nullopt;
}

ByteVector little_endian_without_nuls(Bytes units, bool big_endian) {
    ByteVector out(units.begin(), units.end());
    for (std::size_t i = 0; i + 1 < out.size(); i += 2) {
        if (big_endian) std::swap(out[i], out[i + 1]);
        if (out[i] == 0 && out[i + 1] == 0) out[i] = ' ';
    }
    return out;
}

// A file may end within a character, where somebody cut it.
bool is_utf8(std::string_view text) {
    constexpr std::size_t longest = 4;
    while (!text.empty()) {
        const Utf8Character c = next_utf8(text);
        if (!c.valid && text.size() >= longest) return false;
        text.remove_prefix(c.size);
    }
    return true;
}

// Half-width katakana are single bytes of that code page, and letters with accents in 1252: they say nothing.
bool has_kana(std::string_view text) {
    while (!text.empty()) {
        const Utf8Character c = next_utf8(text);
        if (c.valid && c.value >= 0x3041 && c.value <= 0x30FC) return true;
        text.remove_prefix(c.size);
    }
    return false;
}

}  // namespace

std::string text_of(Bytes file) {
    if (const auto form = utf16_form(file))
        return utf8_from_utf16le(little_endian_without_nuls(file.subspan(form->mark_size), form->big_endian));
    std::string text{file.begin(), file.end()};
    std::ranges::replace(text, '\0', ' ');
    return text;
}

std::string console_text_of(Bytes file) {
    std::string text = text_of(file);
    if (is_utf8(text)) return text;
    return utf8_from_cp932(file).value_or(std::move(text));
}

std::string any_text_of(Bytes file) {
    std::string text = text_of(file);
    if (is_utf8(text)) return text;
    if (auto japanese = utf8_from_cp932(file); japanese && has_kana(*japanese)) return std::move(*japanese);
    return looks_like_cp850(file) ? utf8_from_cp850(file) : utf8_from_cp1252(file);
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    if (text.starts_with("\r\n")) {
        text.remove_prefix(2);
    } else if (!text.empty()) {
        text.remove_prefix(1);
    }
    return line;
}

}  // namespace diag
