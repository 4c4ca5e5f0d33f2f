#include "libdiag/proto/kms/aes_ni.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define DIAG_TARGET_AES __attribute__((target("aes,sse2")))

namespace diag::kms::aes_ni {
namespace {

// Blocks in flight: one AESDEC takes about as long as eight that do not wait for each other.
constexpr std::size_t lane_count = 8;

DIAG_TARGET_AES __m128i load(const Block& block) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(block.data()));
}

DIAG_TARGET_AES __m128i load(Bytes bytes, std::size_t offset) { return load(load_block(bytes, offset)); }

DIAG_TARGET_AES Block to_block(__m128i value) {
    Block block;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(block.data()), value);
    return block;
}

DIAG_TARGET_AES void decrypt_lanes(std::span<const Block> keys, __m128i* lanes) {
    const __m128i first = load(keys.front());
    for (std::size_t i = 0; i < lane_count; ++i) lanes[i] = _mm_xor_si128(lanes[i], first);
    for (const Block& key : keys.subspan(1, keys.size() - 2)) {
        const __m128i k = load(key);
        for (std::size_t i = 0; i < lane_count; ++i) lanes[i] = _mm_aesdec_si128(lanes[i], k);
    }
    const __m128i last = load(keys.back());
    for (std::size_t i = 0; i < lane_count; ++i) lanes[i] = _mm_aesdeclast_si128(lanes[i], last);
}

}  // namespace

bool is_available() { return __builtin_cpu_supports("aes") != 0; }

DIAG_TARGET_AES Block encrypt(std::span<const Block> keys, const Block& in) {
    __m128i state = _mm_xor_si128(load(in), load(keys.front()));
    for (const Block& key : keys.subspan(1, keys.size() - 2)) state = _mm_aesenc_si128(state, load(key));
    return to_block(_mm_aesenclast_si128(state, load(keys.back())));
}

DIAG_TARGET_AES Block decrypt(std::span<const Block> inverse_keys, const Block& in) {
    __m128i state = _mm_xor_si128(load(in), load(inverse_keys.front()));
    for (const Block& key : inverse_keys.subspan(1, inverse_keys.size() - 2))
        state = _mm_aesdec_si128(state, load(key));
    return to_block(_mm_aesdeclast_si128(state, load(inverse_keys.back())));
}

DIAG_TARGET_AES void decrypt_cbc(std::span<const Block> inverse_keys, const Block& iv, Bytes in,
                                 std::span<std::uint8_t> out) {
    __m128i previous = load(iv);
    for (std::size_t at = 0; at < in.size(); at += lane_count * block_size) {
        const std::size_t count = std::min(lane_count, (in.size() - at) / block_size);
        __m128i sealed[lane_count];
        __m128i lanes[lane_count];
        for (std::size_t i = 0; i < lane_count; ++i) {  // lanes past the end work on a block of zeros
            sealed[i] = i < count ? load(in, at + i * block_size) : _mm_setzero_si128();
            lanes[i] = sealed[i];
        }
        decrypt_lanes(inverse_keys, lanes);
        for (std::size_t i = 0; i < count; ++i) {
            store_block(out, at + i * block_size, to_block(_mm_xor_si128(lanes[i], previous)));
            previous = sealed[i];
        }
    }
}

}  // namespace diag::kms::aes_ni

#else

#include <utility>

namespace diag::kms::aes_ni {

bool is_available() { return false; }
Block encrypt(std::span<const Block>, const Block&) { std::unreachable(); }
Block decrypt(std::span<const Block>, const Block&) { std::unreachable(); }
void decrypt_cbc(std::span<const Block>, const Block&, Bytes, std::span<std::uint8_t>) { std::unreachable(); }

}  // namespace diag::kms::aes_ni

#endif
