#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace diag {

/// A view of bytes that somebody else owns. Valid as long as the owner's buffer is.
using Bytes = std::span<const std::uint8_t>;

/// Bytes that we own.
using ByteVector = std::vector<std::uint8_t>;

/// The bytes of a text, for literals and tests; the view lives as long as the text.
inline Bytes bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// At most `size` bytes from the front: never past the end.
inline Bytes head(Bytes bytes, std::size_t size) { return bytes.first(size < bytes.size() ? size : bytes.size()); }

}  // namespace diag
