#pragma once

#include <span>

#include "libdiag/base/bytes.h"

namespace diag::redact {

/// Bytes that are no PDU, where one should begin: copies to `out`, which is as long and all zeros, what tells the protocol ("HTTP/1.1
/// 400", "SSH-2.0-", the header of a TLS record), or the header of a PDU that is not whole.
void keep_opening(Bytes bytes, std::span<std::uint8_t> out);

}  // namespace diag::redact
