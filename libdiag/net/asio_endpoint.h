#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "libdiag/base/ip_address.h"

namespace diag::net {

inline boost::asio::ip::tcp::endpoint to_asio(const Endpoint& endpoint) {
    if (endpoint.ip.family == IpAddress::Family::v4) {
        boost::asio::ip::address_v4::bytes_type octets;
        std::copy_n(endpoint.ip.octets.begin(), octets.size(), octets.begin());
        return {boost::asio::ip::address_v4{octets}, endpoint.port};
    }
    return {boost::asio::ip::address_v6{endpoint.ip.octets}, endpoint.port};
}

inline IpAddress from_asio(const boost::asio::ip::address& address) {
    if (address.is_v4()) return IpAddress::v4(address.to_v4().to_bytes());
    return IpAddress::v6(address.to_v6().to_bytes());
}

}  // namespace diag::net
