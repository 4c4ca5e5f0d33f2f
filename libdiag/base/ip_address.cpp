#include "libdiag/base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cassert>
#include <charconv>

namespace diag {

IpAddress IpAddress::v4(Bytes four) {
    assert(four.size() == 4);
    IpAddress address;
    std::copy_n(four.begin(), 4, address.octets.begin());
    return address;
}

IpAddress IpAddress::v6(Bytes sixteen) {
    assert(sixteen.size() == 16);
    IpAddress address;
    address.family = Family::v6;
    std::copy_n(sixteen.begin(), 16, address.octets.begin());
    return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    // inet_pton stops at a NUL and would accept what stands before it.
    if (text.find('\0') != std::string_view::npos) return std::nullopt;
    const std::string terminated{text};
    IpAddress address;
    if (inet_pton(AF_INET, terminated.c_str(), address.octets.data()) == 1) return address;
    address.octets = {};
    address.family = Family::v6;
    if (inet_pton(AF_INET6, terminated.c_str(), address.octets.data()) == 1) return address;
    return std::nullopt;
}

std::string to_string(const IpAddress& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.family == IpAddress::Family::v4) {
        // inet_ntop goes through printf, which shows in profiles of large captures.
        char* end = text.data();
        for (std::size_t i = 0; i < 4; ++i) {
            if (i > 0) *end++ = '.';
            end = std::to_chars(end, text.data() + text.size(), address.octets[i]).ptr;
        }
        return {text.data(), end};
    }
    inet_ntop(AF_INET6, address.octets.data(), text.data(), text.size());
    return text.data();
}

std::string to_string(const Endpoint& endpoint) {
    const std::string ip = to_string(endpoint.ip);
    const std::string port = std::to_string(endpoint.port);
    return endpoint.ip.family == IpAddress::Family::v4 ? ip + ":" + port : "[" + ip + "]:" + port;
}

}  // namespace diag
