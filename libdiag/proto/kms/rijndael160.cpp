#include "libdiag/proto/kms/rijndael160.h"

#include <algorithm>

#include "libdiag/proto/kms/key_schedule.h"

namespace diag::kms {

Rijndael160::Rijndael160(const Key& key, AesPath path) : rounds_{expand_key<5, 11>(key), path} {}

Block Rijndael160::mac(Bytes data) const {
    Block chain{};
    std::size_t at = 0;
    for (; data.size() - at >= block_size; at += block_size) chain = rounds_.encrypt(chain ^ load_block(data, at));
    Block last{};
    const Bytes rest = data.subspan(at);
    std::copy(rest.begin(), rest.end(), last.begin());
    last[rest.size()] = 0x80;
    return rounds_.encrypt(chain ^ last);
}

}  // namespace diag::kms
