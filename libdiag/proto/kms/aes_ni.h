#pragma once

#include "libdiag/proto/kms/aes_block.h"

// Rijndael rounds with the AES instructions of x86 processors. Call only where is_available(); no compiler flag is needed,
// as these functions alone are compiled for such a processor.

namespace diag::kms::aes_ni {

bool is_available();

Block encrypt(std::span<const Block> keys, const Block& in);
Block decrypt(std::span<const Block> inverse_keys, const Block& in);

/// Several blocks at a time: what makes reading many messages fast. `in`: whole blocks; `out`: as long, not overlapping.
void decrypt_cbc(std::span<const Block> inverse_keys, const Block& iv, Bytes in, std::span<std::uint8_t> out);

}  // namespace diag::kms::aes_ni
