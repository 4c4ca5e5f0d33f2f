#pragma once

#include "libdiag/proto/dns/decode.h"
#include "libdiag/wire/node.h"

namespace diag::dns {

/// What decode_partial() made of `size` bytes at `offset` of the frame (or stream), with the error as its last child.
Node describe_message(const PartialMessage& partial, std::size_t offset, std::size_t size);

}  // namespace diag::dns
