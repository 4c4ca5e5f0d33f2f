#pragma once

#include <span>

#include "libdiag/base/ip_address.h"

namespace diag::redact {

/// The addresses that a transport checksum covers, before and after.
struct PseudoHeader {
    IpAddress old_source, old_destination, source, destination;
    std::uint8_t protocol = 0;
};

/// Part of a packet, before and after, with the sum that covers it. Both as captured, and of one size.
struct Covered {
    Bytes before;
    std::span<std::uint8_t> after;
    std::size_t size = 0;             ///< bytes as sent
    std::size_t checksum_offset = 0;  ///< inside both
};

/// Puts in the checksum of the new bytes where all of them were captured; otherwise the old one follows their change
/// (RFC 1624 3), and is as right as it was.
void mend_checksum(const Covered& covered, const PseudoHeader* pseudo_header);

}  // namespace diag::redact
