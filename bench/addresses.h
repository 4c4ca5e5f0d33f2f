#pragma once

#include "libdiag/base/ip_address.h"

namespace diag::bench {

/// 0xC0000201 is 192.0.2.1.
inline IpAddress ipv4_address(std::uint32_t value) {
    const std::uint8_t octets[] = {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
                                   static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
    return IpAddress::v4(octets);
}

/// 2001:db8:0:NET::HOST
inline IpAddress ipv6_address(std::uint16_t net, std::uint32_t host) {
    std::uint8_t octets[16] = {0x20, 0x01, 0x0D, 0xB8};
    octets[6] = static_cast<std::uint8_t>(net >> 8);
    octets[7] = static_cast<std::uint8_t>(net);
    for (int i = 0; i < 4; ++i) octets[15 - i] = static_cast<std::uint8_t>(host >> (8 * i));
    return IpAddress::v6(octets);
}

}  // namespace diag::bench
