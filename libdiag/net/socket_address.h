#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "libdiag/base/ip_address.h"

namespace diag::net {

/// Where to listen: "127.0.0.1:1688", "[::1]:1688", "127.0.0.1" or "::1" with `default_port`, ":1688" for 127.0.0.1. Port 0
/// lets the system choose. Names are not looked up. The error is one line for people.
std::expected<Endpoint, std::string> parse_listen_address(std::string_view text, std::uint16_t default_port);

/// Whom a limit per peer holds: an IPv4 address (also one mapped into IPv6), or the /64 of an IPv6 address, all of which one
/// machine can have.
IpAddress peer_key(const IpAddress& address);

}  // namespace diag::net
