#pragma once

#include "libdiag/proto/kms/aes_rounds.h"

namespace diag::kms {

/// The rounds of KMS version 6 (protocol.md 8): AES-128 whose round keys 4, 6 and 8 are changed in their first byte after
/// the key expansion. An AES library under the same key gives other bytes.
AesRounds make_aes_v6(const FixedBytes<16>& key, AesPath path = best_aes_path());

}  // namespace diag::kms
