#include "libdiag/net/socket_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace diag::net {
namespace {

using Problem = std::unexpected<std::string>;

std::optional<std::uint16_t> parse_port(std::string_view text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (value > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
    return static_cast<std::uint16_t>(value);
}

// ADDRESS and PORT as texts; the port is nullopt where there is none.
struct Parts {
    std::string_view address;
    std::optional<std::string_view> port;
};

Parts split(std::string_view text) {
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return {.address = text};
        const std::string_view rest = text.substr(end + 1);
        if (rest.empty()) return {.address = text.substr(1, end - 1)};
        if (rest.front() == ':') return {.address = text.substr(1, end - 1), .port = rest.substr(1)};
        return {.address = text};
    }
    const std::size_t colon = text.find(':');
    // Two colons without brackets: an IPv6 address alone.
    if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos)
        return {.address = text};
    return {.address = text.substr(0, colon), .port = text.substr(colon + 1)};
}

bool is_v4_mapped(const IpAddress& address) {
    constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    return address.family == IpAddress::Family::v6 && std::equal(prefix.begin(), prefix.end(), address.octets.begin());
}

}  // namespace

std::expected<Endpoint, std::string> parse_listen_address(std::string_view text, std::uint16_t default_port) {
    const Parts parts = split(text);
    const auto address = IpAddress::parse(parts.address.empty() && parts.port ? "127.0.0.1" : parts.address);
    if (!address) return Problem(fmt::format("'{}' is not ADDRESS:PORT, like 127.0.0.1:1688 or [::1]:1688", text));
    if (!parts.port) return Endpoint{.ip = *address, .port = default_port};
    const auto port = parse_port(*parts.port);
    if (!port) return Problem(fmt::format("'{}': '{}' is not a port from 0 to 65535", text, *parts.port));
    return Endpoint{.ip = *address, .port = *port};
}

IpAddress peer_key(const IpAddress& address) {
    if (is_v4_mapped(address)) return IpAddress::v4(Bytes{address.octets}.subspan(12, 4));
    IpAddress key = address;
    if (key.family == IpAddress::Family::v6) std::fill(key.octets.begin() + 8, key.octets.end(), std::uint8_t{0});
    return key;
}

}  // namespace diag::net
