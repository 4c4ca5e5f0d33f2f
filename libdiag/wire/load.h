#pragma once

#include <bit>
#include <cassert>
#include <concepts>
#include <cstring>

#include "libdiag/base/bytes.h"

namespace diag {

/// The number in network byte order at `offset`. For the per-packet path only, where one length check covers a whole
/// header: the caller has made sure that all its bytes are there. Everything else reads through Reader.
template <std::unsigned_integral T> T load_be(Bytes bytes, std::size_t offset) {
    assert(offset <= bytes.size() && sizeof(T) <= bytes.size() - offset);
    T value{};
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
    return std::endian::native == std::endian::big ? value : std::byteswap(value);
}

}  // namespace diag
