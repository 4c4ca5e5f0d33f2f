#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libdiag/base/bytes.h"

namespace diag {

/// An IPv4 or IPv6 address. IPv4 uses the first four bytes, the others stay zero.
struct IpAddress {
    enum class Family : std::uint8_t { v4 = 4, v6 = 6 };

    std::array<std::uint8_t, 16> octets{};
    Family family = Family::v4;

    static IpAddress v4(Bytes four);     ///< exactly 4 bytes in network order
    static IpAddress v6(Bytes sixteen);  ///< exactly 16 bytes in network order
    static std::optional<IpAddress> parse(std::string_view text);

    Bytes bytes() const { return {octets.data(), family == Family::v4 ? 4U : 16U}; }
    friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

/// Dotted decimal, or RFC 5952 text.
std::string to_string(const IpAddress& address);

/// One end of a TCP connection.
struct Endpoint {
    IpAddress ip;
    std::uint16_t port = 0;
    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// "192.0.2.10:1688", "[2001:db8::10]:1688".
std::string to_string(const Endpoint& endpoint);

}  // namespace diag
