#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/base/ip_address.h"

namespace diag::probe {

/// A block of addresses may stand for so many targets: a /16 of IPv4, a /112 of IPv6.
inline constexpr std::size_t max_block_size = 65'536;
/// So many lines of a list of targets are read.
inline constexpr std::size_t max_target_count = 1'000'000;

/// Somebody to talk to: a name that is to be looked up, or an address.
struct Target {
    std::string host;  ///< as given, without port and brackets; empty when `address` is set
    std::optional<IpAddress> address;
    std::uint16_t port = 0;

    bool needs_lookup() const { return !address; }

    friend bool operator==(const Target&, const Target&) = default;
};

/// "kms1.example.test:1688", "192.0.2.10:1688", "[2001:db8::10]:1688".
std::string to_string(const Target& target);

/// HOST, HOST:PORT, ADDRESS, [IPV6], [IPV6]:PORT, or a block ADDRESS/BITS, ADDRESS/BITS:PORT, which stands for all its
/// addresses (of IPv4 blocks up to /30 without network and broadcast address). The error is one line for people.
std::expected<std::vector<Target>, std::string> parse_targets(std::string_view text, std::uint16_t default_port);

/// A DNS server: ADDRESS (port 53), ADDRESS:PORT, [IPV6], [IPV6]:PORT.
std::expected<Endpoint, std::string> parse_server(std::string_view text);

/// One a line; "#" begins a comment, empty lines are skipped. The error names the line.
std::expected<std::vector<Target>, std::string> parse_target_list(std::string_view text, std::uint16_t default_port);

}  // namespace diag::probe
