#pragma once

#include "libdiag/proto/kms/aes_rounds.h"

namespace diag::kms {

/// The message authentication code of KMS version 4 (protocol.md 6): CBC-MAC with Rijndael, 160-bit key, 128-bit block,
/// 11 rounds. Not a standard cipher: AES allows no such key.
class Rijndael160 {
public:
    using Key = FixedBytes<20>;

    explicit Rijndael160(const Key& key, AesPath path = best_aes_path());

    /// Over `data` and a padding of 0x80 and zeros, which is always there.
    Block mac(Bytes data) const;

    const AesRounds& rounds() const { return rounds_; }

private:
    AesRounds rounds_;
};

}  // namespace diag::kms
