#pragma once

#include <string_view>

#include "libdiag/lang/language.h"

namespace diag::test {

/// Japanese until the end of the block.
class InJapanese {
public:
    InJapanese() { lang::speak(lang::Language::ja); }
    ~InJapanese() { lang::speak(lang::Language::en); }
    InJapanese(const InJapanese&) = delete;
    InJapanese& operator=(const InJapanese&) = delete;
};

/// Whether there is a kana (U+3040 to U+30FF) or a character from U+4000 to U+9FFF, where nearly all kanji are.
constexpr bool has_japanese(std::string_view text) {
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        const auto lead = static_cast<unsigned char>(text[i]), next = static_cast<unsigned char>(text[i + 1]);
        if ((lead == 0xE3 && next >= 0x81 && next <= 0x83) || (lead >= 0xE4 && lead <= 0xE9)) return true;
    }
    return false;
}

}  // namespace diag::test
