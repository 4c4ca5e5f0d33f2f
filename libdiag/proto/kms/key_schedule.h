#pragma once

#include "libdiag/proto/kms/aes_block.h"
#include "libdiag/proto/kms/aes_tables.h"

namespace diag::kms {

/// Rijndael's key expansion for keys of 4 or 5 words and blocks of 4 (FIPS 197 §5.2 with Nk = 4; protocol.md 6 with Nk = 5).
/// Longer keys would need one more substitution step.
template <std::size_t key_word_count, std::size_t round_count>
std::array<Block, round_count + 1> expand_key(const FixedBytes<4 * key_word_count>& key) {
    static_assert(key_word_count == 4 || key_word_count == 5);
    std::array<FixedBytes<4>, 4 * (round_count + 1)> words{};
    for (std::size_t i = 0; i < key.size(); ++i) words[i / 4][i % 4] = key[i];
    std::uint8_t round_constant = 1;
    for (std::size_t i = key_word_count; i < words.size(); ++i) {
        FixedBytes<4> t = words[i - 1];
        if (i % key_word_count == 0) {
            const auto& box = aes::s_boxes.forward;
            t = {static_cast<std::uint8_t>(box[t[1]] ^ round_constant), box[t[2]], box[t[3]], box[t[0]]};
            round_constant = aes::xtime(round_constant);
        }
        for (std::size_t b = 0; b < 4; ++b)
            words[i][b] = static_cast<std::uint8_t>(words[i - key_word_count][b] ^ t[b]);
    }
    std::array<Block, round_count + 1> keys{};
    for (std::size_t i = 0; i < 16 * (round_count + 1); ++i) keys[i / 16][i % 16] = words[i / 4][i % 4];
    return keys;
}

}  // namespace diag::kms
