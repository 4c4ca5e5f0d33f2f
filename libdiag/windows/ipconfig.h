#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "libdiag/base/bytes.h"
#include "libdiag/base/ip_address.h"
#include "libdiag/session/client_domains.h"

// The saved output of `ipconfig /all`.

namespace diag::windows {

/// What read_ipconfig() takes. A machine with dozens of virtual adapters prints some tens of KiB.
namespace limits {
inline constexpr std::size_t ipconfig_size = 1024 * 1024;  ///< bytes
inline constexpr std::size_t ipconfig_line_count = 20'000;
inline constexpr std::size_t ipconfig_line_size = 1024;  ///< bytes of UTF-8; a longer line counts as unknown
inline constexpr std::size_t adapter_count = 512;
inline constexpr std::size_t list_size = 64;  ///< entries of one list; more are left out
}  // namespace limits

struct ScopedAddress {
    IpAddress ip;
    std::string zone;  ///< behind the "%" of a link-local address; empty: none

    friend bool operator==(const ScopedAddress&, const ScopedAddress&) = default;
};
/// "fe80::1%5".
std::string to_string(const ScopedAddress& address);

struct AdapterAddress {
    enum class State : std::uint8_t { unstated, preferred, other };  ///< other: tentative, duplicate, deprecated
    ScopedAddress address;
    State state = State::unstated;

    friend bool operator==(const AdapterAddress&, const AdapterAddress&) = default;
};

struct Adapter {
    std::string heading;  ///< "Ethernet adapter Ethernet"
    std::string description;
    std::string dns_suffix;                ///< connection-specific
    std::vector<std::string> search_list;  ///< connection-specific (of DHCPv6)
    bool is_disconnected = false;
    std::optional<bool> dhcp_enabled;
    std::string dhcpv6_iaid;
    std::string dhcpv6_client_duid;
    std::vector<AdapterAddress> addresses;
    std::vector<ScopedAddress> gateways;
    std::vector<ScopedAddress> dns_servers;

    friend bool operator==(const Adapter&, const Adapter&) = default;
};

/// All text is that of the file: escape it for a terminal.
struct Ipconfig {
    std::string host_name;
    std::string primary_suffix;
    std::vector<std::string> search_list;
    std::vector<Adapter> adapters;
    std::size_t unknown_line_count = 0;  ///< of lines that look like one with a label, and yet have none that is known

    friend bool operator==(const Ipconfig&, const Ipconfig&) = default;
};

/// Reads the output of `ipconfig /all` of Windows 7 to 11 in English or Japanese; in UTF-8, UTF-16 or, Japanese, code page
/// 932 (names in other kanji than the labels have are then damaged); indented or not. The error is one line: the file is too
/// large, or no such output.
std::expected<Ipconfig, std::string> read_ipconfig(Bytes file);

/// What decides where this client looks for a KMS host. Two things ipconfig does not say are inferred: a machine without a
/// primary suffix is in a workgroup, and the suffix of a connection with DHCP is the domain that DHCP gave.
session::ClientDns client_dns_of(const Ipconfig& ipconfig);

}  // namespace diag::windows
