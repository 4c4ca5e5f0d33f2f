#pragma once

#include <cassert>
#include <cstring>
#include <span>

#include "libdiag/wire/field.h"

namespace diag::kms {

/// One cipher block, in the order of the wire.
using Block = FixedBytes<16>;

inline constexpr std::size_t block_size = 16;  ///< bytes

/// The block that starts at `offset`, which the caller has made sure to be there.
inline Block load_block(Bytes bytes, std::size_t offset) {
    assert(offset <= bytes.size() && block_size <= bytes.size() - offset);
    Block block;
    std::memcpy(block.data(), bytes.data() + offset, block_size);
    return block;
}

inline void store_block(std::span<std::uint8_t> bytes, std::size_t offset, const Block& block) {
    assert(offset <= bytes.size() && block_size <= bytes.size() - offset);
    std::memcpy(bytes.data() + offset, block.data(), block_size);
}

inline Block operator^(const Block& a, const Block& b) {
    Block out;
    for (std::size_t i = 0; i < block_size; ++i) out[i] = static_cast<std::uint8_t>(a[i] ^ b[i]);
    return out;
}

}  // namespace diag::kms
