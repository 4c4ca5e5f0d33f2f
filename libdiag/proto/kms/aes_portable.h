#pragma once

#include "libdiag/proto/kms/aes_block.h"

// Rijndael rounds on any processor, by table look-up. Not constant-time: how long it takes depends on keys and data. That
// is no loss for a program that only reads traffic under a profile its operator holds; do not use it to keep secrets.

namespace diag::kms::portable {

/// `keys`: the round keys in order of use, the initial one first.
Block encrypt(std::span<const Block> keys, const Block& in);

/// `inverse_keys`: as AesRounds prepares them (equivalent inverse cipher, FIPS 197 §5.3.5).
Block decrypt(std::span<const Block> inverse_keys, const Block& in);

}  // namespace diag::kms::portable
