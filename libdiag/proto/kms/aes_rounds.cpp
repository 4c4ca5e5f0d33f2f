#include "libdiag/proto/kms/aes_rounds.h"

#include <algorithm>

#include "libdiag/proto/kms/aes_ni.h"
#include "libdiag/proto/kms/aes_portable.h"
#include "libdiag/proto/kms/aes_tables.h"

namespace diag::kms {
namespace {

Block inverse_mix_columns(const Block& in) {
    Block out;
    for (std::size_t c = 0; c < block_size; c += 4) {
        for (std::size_t r = 0; r < 4; ++r) {
            const auto at = [&](std::size_t row) { return in[c + (r + row) % 4]; };
            out[c + r] = static_cast<std::uint8_t>(aes::multiply(at(0), 14) ^ aes::multiply(at(1), 11) ^
                                                   aes::multiply(at(2), 13) ^ aes::multiply(at(3), 9));
        }
    }
    return out;
}

}  // namespace

AesPath best_aes_path() { return aes_ni::is_available() ? AesPath::aes_ni : AesPath::portable; }

AesRounds::AesRounds(std::span<const Block> round_keys, AesPath path)
    : count_{std::min(round_keys.size(), max_round_key_count)}, path_{path} {
    assert(round_keys.size() >= 3 && round_keys.size() <= max_round_key_count);
    assert(path != AesPath::aes_ni || aes_ni::is_available());
    for (std::size_t i = 0; i < count_; ++i) {
        keys_[i] = round_keys[i];
        const bool is_outer = i == 0 || i == count_ - 1;
        inverse_keys_[count_ - 1 - i] = is_outer ? round_keys[i] : inverse_mix_columns(round_keys[i]);
    }
}

Block AesRounds::encrypt(const Block& in) const {
    return path_ == AesPath::aes_ni ? aes_ni::encrypt(round_keys(), in) : portable::encrypt(round_keys(), in);
}

Block AesRounds::decrypt(const Block& in) const {
    return path_ == AesPath::aes_ni ? aes_ni::decrypt(inverse_keys(), in) : portable::decrypt(inverse_keys(), in);
}

void AesRounds::encrypt_cbc(const Block& iv, Bytes in, std::span<std::uint8_t> out) const {
    assert(in.size() % block_size == 0 && out.size() == in.size());
    Block chain = iv;
    for (std::size_t at = 0; at < in.size(); at += block_size) {
        chain = encrypt(chain ^ load_block(in, at));
        store_block(out, at, chain);
    }
}

void AesRounds::decrypt_cbc(const Block& iv, Bytes in, std::span<std::uint8_t> out) const {
    assert(in.size() % block_size == 0 && out.size() == in.size());
    if (path_ == AesPath::aes_ni) return aes_ni::decrypt_cbc(inverse_keys(), iv, in, out);
    Block previous = iv;
    for (std::size_t at = 0; at < in.size(); at += block_size) {
        const Block sealed = load_block(in, at);
        store_block(out, at, portable::decrypt(inverse_keys(), sealed) ^ previous);
        previous = sealed;
    }
}

}  // namespace diag::kms
