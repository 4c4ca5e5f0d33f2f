#include "libdiag/proto/kms/aes_v6.h"

#include "libdiag/proto/kms/key_schedule.h"

namespace diag::kms {

AesRounds make_aes_v6(const FixedBytes<16>& key, AesPath path) {
    auto keys = expand_key<4, 10>(key);
    keys[4][0] ^= 0x73;
    keys[6][0] ^= 0x09;
    keys[8][0] ^= 0xE4;
    return AesRounds{keys, path};
}

}  // namespace diag::kms
