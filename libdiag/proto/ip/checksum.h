#pragma once

#include "libdiag/base/bytes.h"
#include "libdiag/base/ip_address.h"

namespace diag::ip {

/// The Internet checksum (RFC 1071): the sum of 16-bit words in ones' complement.
class Checksum {
public:
    /// Adds bytes. All but the last piece must have an even size.
    void add(Bytes bytes);
    void add(std::uint16_t word) { sum_ += word; }

    /// The value for the checksum field, given that the field itself was 0 (or left out) in what was added. Over bytes
    /// that hold their correct checksum it is 0.
    std::uint16_t value() const;

private:
    std::uint64_t sum_ = 0;
};

/// The checksum that a TCP, UDP or ICMPv6 message should carry: pseudo header (RFC 9293 3.1, RFC 8200 8.1) and `message`,
/// whose checksum field is 0.
std::uint16_t transport_checksum(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                                 Bytes message);

}  // namespace diag::ip
