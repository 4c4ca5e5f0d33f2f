#include "libdiag/probe/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace diag::probe {
namespace {

using Problem = std::unexpected<std::string>;
using Targets = std::vector<Target>;

constexpr std::size_t max_name_size = 255;

template <class T> std::optional<T> number_of(std::string_view text, unsigned low, unsigned high) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) return std::nullopt;
    return static_cast<T>(value);
}

struct Split {
    std::string_view host;
    std::optional<std::string_view> port;
};

// A colon separates the port unless it is one of several without brackets, which are those of an IPv6 address.
std::expected<Split, std::string> split(std::string_view text) {
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return Problem(fmt::format("'{}': the bracket is not closed", text));
        const std::string_view behind = text.substr(end + 1);
        if (behind.empty()) return Split{.host = text.substr(1, end - 1), .port = {}};
        if (!behind.starts_with(':'))
            return Problem(fmt::format("'{}': behind the bracket only :PORT may follow", text));
        return Split{.host = text.substr(1, end - 1), .port = behind.substr(1)};
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos)
        return Split{.host = text, .port = {}};
    return Split{.host = text.substr(0, colon), .port = text.substr(colon + 1)};
}

bool is_name(std::string_view text) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.';
    };
    const bool has_letter =
        std::any_of(text.begin(), text.end(), [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; });
    return !text.empty() && text.size() <= max_name_size && std::all_of(text.begin(), text.end(), is_allowed) &&
           has_letter && text.front() != '-' && text.front() != '.' && text.find("..") == std::string_view::npos;
}

void increment(IpAddress& address) {
    for (std::size_t i = address.bytes().size(); i-- > 0;)
        if (++address.octets[i] != 0) return;
}

// The first address of the block, with the bits behind the prefix cleared.
IpAddress first_of(IpAddress address, unsigned prefix) {
    for (unsigned bit = prefix; bit < address.bytes().size() * 8; ++bit)
        address.octets[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
    return address;
}

std::expected<Targets, std::string> parse_block(std::string_view host, std::uint16_t port) {
    const std::size_t slash = host.find('/');
    const auto address = IpAddress::parse(host.substr(0, slash));
    if (!address) return Problem(fmt::format("'{}': a block is ADDRESS/BITS", host));
    const auto bits = static_cast<unsigned>(address->bytes().size() * 8);
    const auto prefix = number_of<unsigned>(host.substr(slash + 1), 0, bits);
    if (!prefix) return Problem(fmt::format("'{}': the bits of the prefix are a number from 0 to {}", host, bits));
    constexpr unsigned max_host_bits = 16;
    static_assert(std::size_t{1} << max_host_bits == max_block_size);
    if (bits - *prefix > max_host_bits) {
        return Problem(fmt::format("'{}': a block of more than {} addresses; give smaller ones (/{} at most)", host,
                                   max_block_size, bits - max_host_bits));
    }
    std::size_t count = std::size_t{1} << (bits - *prefix);
    IpAddress next = first_of(*address, *prefix);
    const bool has_ends = address->family == IpAddress::Family::v4 && count > 2;
    if (has_ends) {
        increment(next);
        count -= 2;
    }
    Targets targets;
    targets.reserve(count);
    for (; count > 0; --count, increment(next)) targets.push_back({.host = {}, .address = next, .port = port});
    return targets;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

std::string to_string(const Target& target) {
    if (target.address) return to_string(Endpoint{*target.address, target.port});
    return fmt::format("{}:{}", target.host, target.port);
}

std::expected<Targets, std::string> parse_targets(std::string_view text, std::uint16_t default_port) {
    const auto parts = split(text);
    if (!parts) return Problem(parts.error());
    std::uint16_t port = default_port;
    if (parts->port) {
        const auto given = number_of<std::uint16_t>(*parts->port, 1, 65'535);
        if (!given) return Problem(fmt::format("'{}': the port is a number from 1 to 65535", text));
        port = *given;
    }
    const std::string_view host = parts->host;
    if (host.find('/') != std::string_view::npos) return parse_block(host, port);
    if (const auto address = IpAddress::parse(host)) return Targets{{.host = {}, .address = *address, .port = port}};
    if (!is_name(host))
        return Problem(
            fmt::format("'{}' is no host name, address, or block of addresses (HOST, HOST:PORT, [IPV6]:PORT, "
                        "ADDRESS/BITS)",
                        text));
    return Targets{{.host = std::string{host}, .address = {}, .port = port}};
}

std::expected<Endpoint, std::string> parse_server(std::string_view text) {
    constexpr std::uint16_t dns_port = 53;
    const auto targets = parse_targets(text, dns_port);
    if (!targets) return Problem(targets.error());
    if (targets->size() != 1 || !targets->front().address) return Problem(fmt::format("'{}' is no address", text));
    return Endpoint{.ip = *targets->front().address, .port = targets->front().port};
}

std::expected<Targets, std::string> parse_target_list(std::string_view text, std::uint16_t default_port) {
    Targets all;
    for (std::size_t line = 1; !text.empty(); ++line) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view entry = trimmed(text.substr(0, std::min(text.find('#'), end)));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (entry.empty()) continue;
        auto targets = parse_targets(entry, default_port);
        if (!targets) return Problem(fmt::format("line {}: {}", line, targets.error()));
        if (all.size() + targets->size() > max_target_count)
            return Problem(fmt::format("line {}: more than {} targets; split the list", line, max_target_count));
        std::ranges::move(*targets, std::back_inserter(all));
    }
    return all;
}

}  // namespace diag::probe
