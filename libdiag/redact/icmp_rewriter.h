#pragma once

#include <span>

#include "libdiag/base/ip_address.h"
#include "libdiag/redact/pseudonyms.h"

namespace diag::redact {

/// Copies an ICMP error (`payload` as decode_icmp() takes it) to `out`, which is as long and all zeros: what it says, and the headers
/// of the packet that it quotes, with pseudonyms. What else is quoted, and extensions (RFC 4884), are left out. Sums of what is
/// quoted, whose bytes nobody has, are as right as they were (IPv4) or tell nothing (transport). False, and nothing of use in
/// `out`, for all other messages and for those that quote no packet.
bool rewrite_icmp(Bytes payload, IpAddress::Family family, std::span<std::uint8_t> out, const Pseudonyms& pseudonyms);

}  // namespace diag::redact
