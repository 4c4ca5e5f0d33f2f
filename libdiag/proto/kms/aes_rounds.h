#pragma once

#include <array>

#include "libdiag/proto/kms/aes_block.h"

namespace diag::kms {

/// Who does the work: plain C++, or the AES instructions of the processor. Both give the same bytes.
enum class AesPath : std::uint8_t { portable, aes_ni };

/// The faster one of those that this processor has.
AesPath best_aes_path();

/// Rijndael with 128-bit blocks under round keys that somebody else expanded. OpenSSL does this for standard keys; KMS
/// versions 4 and 6 need schedules that no library offers.
class AesRounds {
public:
    static constexpr std::size_t max_round_key_count = 12;

    /// `round_keys`: the initial one first, 3 to max_round_key_count. aes_ni needs a processor that has it.
    AesRounds(std::span<const Block> round_keys, AesPath path);

    Block encrypt(const Block& in) const;
    Block decrypt(const Block& in) const;

    /// CBC without padding. `in`: whole blocks; `out`: as many bytes, not overlapping with `in`.
    void encrypt_cbc(const Block& iv, Bytes in, std::span<std::uint8_t> out) const;
    void decrypt_cbc(const Block& iv, Bytes in, std::span<std::uint8_t> out) const;

    std::span<const Block> round_keys() const { return {keys_.data(), count_}; }

private:
    std::span<const Block> inverse_keys() const { return {inverse_keys_.data(), count_}; }

    std::array<Block, max_round_key_count> keys_{};
    std::array<Block, max_round_key_count> inverse_keys_{};  // in order of use
    std::size_t count_;
    AesPath path_;
};

}  // namespace diag::kms
