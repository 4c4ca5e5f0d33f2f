#pragma once

#include <span>

#include "libdiag/proto/ip/layer.h"
#include "libdiag/redact/pseudonyms.h"

namespace diag::redact {

/// Copies a header of `frame` to the same place of `out`, which is as long and zeros there: with pseudonyms for addresses, and
/// zeros for options. Its checksum, where it has one, is that of the old header.
void rewrite_header(const ip::Layer& layer, Bytes frame, std::span<std::uint8_t> out, const Pseudonyms& pseudonyms);

/// Copies what is known of TCP options, and puts no-operations in the place of the others.
void rewrite_tcp_options(Bytes options, std::span<std::uint8_t> out);

}  // namespace diag::redact
