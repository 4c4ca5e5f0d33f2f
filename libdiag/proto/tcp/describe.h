#pragma once

#include "libdiag/wire/node.h"

namespace diag::tcp {

/// A TCP header with its options at `offset` of the frame. `captured` and `size` as decode_segment() has them. The payload
/// is not in it; of a damaged header the fields that are there.
Node describe_segment(Bytes captured, std::uint32_t size, std::size_t offset);

}  // namespace diag::tcp
