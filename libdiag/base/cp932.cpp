#include "libdiag/base/cp932.h"

#include <algorithm>
#include <iterator>

#include "libdiag/base/utf.h"

namespace diag {
namespace {

struct Kanji {
    std::uint16_t code;
    char16_t value;
};

// Sorted by code. In full the code page has some 7000 characters, of which names of adapters and people need more; what is
// looked for in a saved text are labels, addresses and domain names.
constexpr Kanji kanji[] = {
    {0x88EA, u'一'}, {0x8969, u'永'}, {0x8984, u'延'}, {0x89BC, u'仮'}, {0x89C1, u'加'}, {0x8AAE, u'完'},
    {0x8AFA, u'期'}, {0x8B4B, u'規'}, {0x8C78, u'警'}, {0x8C9F, u'検'}, {0x8CA9, u'見'}, {0x8CC0, u'限'},
    {0x8CC5, u'固'}, {0x8CF8, u'効'}, {0x8D5C, u'構'}, {0x8D90, u'告'}, {0x8DD7, u'細'}, {0x8DF5, u'索'},
    {0x8E9E, u'時'}, {0x8EA9, u'自'}, {0x8EE6, u'取'}, {0x8F64, u'重'}, {0x8F80, u'準'}, {0x8F89, u'初'},
    {0x8FA7, u'奨'}, {0x8FD8, u'証'}, {0x8FDA, u'詳'}, {0x8FED, u'常'}, {0x8FEE, u'情'}, {0x8FF3, u'状'},
    {0x9084, u'推'}, {0x90AC, u'成'}, {0x90B3, u'正'}, {0x90DA, u'接'}, {0x90E0, u'説'}, {0x90E6, u'先'},
    {0x90EA, u'専'}, {0x917A, u'想'}, {0x91B1, u'続'}, {0x91D4, u'態'}, {0x91E5, u'大'}, {0x926D, u'知'},
    {0x92B7, u'長'}, {0x92C7, u'追'}, {0x92CA, u'通'}, {0x92E1, u'低'}, {0x9349, u'的'}, {0x93AE, u'動'},
    {0x93BE, u'得'}, {0x9446, u'認'}, {0x94F1, u'非'}, {0x9557, u'標'}, {0x9573, u'不'}, {0x95A1, u'複'},
    {0x95A8, u'物'}, {0x95F1, u'報'}, {0x96B3, u'無'}, {0x96BC, u'名'}, {0x96BE, u'明'}, {0x9744, u'優'},
    {0x974C, u'有'}, {0x9770, u'用'}, {0x9797, u'覧'}, {0x979D, u'理'}, {0x97B9, u'了'},
};

// Runs of characters that are in the same order in Unicode; each row of the code page leaves out trail byte 0x7F.
struct Run {
    std::uint16_t first, last;
    char16_t value;  // of `first`
};
constexpr Run runs[] = {
    {0x8140, 0x8142, 0x3000},                            // ideographic space, 、。
    {0x8146, 0x8146, 0xFF1A},                            // full-width colon
    {0x815B, 0x815B, 0x30FC},                            // the long vowel
    {0x8169, 0x816A, 0xFF08},                            // full-width parentheses
    {0x8175, 0x8178, 0x300C},                            // corner brackets
    {0x824F, 0x8258, 0xFF10},                            // full-width digits
    {0x8260, 0x8279, 0xFF21},                            // and letters
    {0x8281, 0x829A, 0xFF41}, {0x829F, 0x82F1, 0x3041},  // hiragana
    {0x8340, 0x837E, 0x30A1},                            // katakana
    {0x8380, 0x8396, 0x30E0},
};

constexpr char16_t replacement = 0xFFFD;

// The rows that have characters; those for users' own (0xF0 to 0xF9) have none that anybody else could read.
bool is_lead(std::uint8_t b) {
    return (b >= 0x81 && b <= 0x84) || (b >= 0x87 && b <= 0x9F) || (b >= 0xE0 && b <= 0xEA) || b == 0xED || b == 0xEE ||
           (b >= 0xFA && b <= 0xFC);
}
bool is_trail(std::uint8_t b) { return b >= 0x40 && b <= 0xFC && b != 0x7F; }
bool is_half_width_katakana(std::uint8_t b) { return b >= 0xA1 && b <= 0xDF; }

char16_t value_of(std::uint16_t code) {
    for (const Run& run : runs) {
        if (code >= run.first && code <= run.last) return static_cast<char16_t>(run.value + (code - run.first));
    }
    const auto* found = std::ranges::lower_bound(kanji, code, {}, &Kanji::code);
    return found != std::end(kanji) && found->code == code ? found->value : replacement;
}

void put(ByteVector& units, char16_t unit) {
    units.push_back(static_cast<std::uint8_t>(unit & 0xFF));
    units.push_back(static_cast<std::uint8_t>(unit >> 8));
}

}  // namespace

std::optional<std::string> utf8_from_cp932(Bytes text) {
    ByteVector units;
    units.reserve(text.size() * 2);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::uint8_t b = text[i];
        if (b < 0x80) {
            put(units, b == 0 ? u' ' : b);
        } else if (is_half_width_katakana(b)) {
            put(units, static_cast<char16_t>(0xFF61 + (b - 0xA1)));
        } else if (is_lead(b) && i + 1 == text.size()) {
            put(units, replacement);  // a text that was cut within a character
        } else if (is_lead(b) && is_trail(text[i + 1])) {
            put(units, value_of(static_cast<std::uint16_t>(b << 8 | text[i + 1])));
            ++i;
        } else {
            return std::nullopt;
        }
    }
    return utf8_from_utf16le(units);
}

}  // namespace diag
