#include "libdiag/net/connect_facts.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstring>

#include "libdiag/net/asio_endpoint.h"

namespace diag::net {
namespace {

template <class T> std::optional<T> option_of(int fd, int level, int name) {
    T value{};
    socklen_t size = sizeof value;
    if (::getsockopt(fd, level, name, &value, &size) != 0) return std::nullopt;
    return value;
}

bool is_of_icmp(const sock_extended_err& error) {
    return error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6;
}

IpAddress address_of(const sockaddr_storage& storage) {
    if (storage.ss_family == AF_INET6) {
        sockaddr_in6 address{};
        std::memcpy(&address, &storage, sizeof address);
        return IpAddress::v6(address.sin6_addr.s6_addr);
    }
    sockaddr_in address{};
    std::memcpy(&address, &storage, sizeof address);
    std::array<std::uint8_t, 4> octets;
    std::memcpy(octets.data(), &address.sin_addr, octets.size());
    return IpAddress::v4(octets);
}

// The kernel puts the sender's address behind the error (SO_EE_OFFENDER).
std::optional<session::IcmpReport> report_in(const cmsghdr& header) {
    const bool is_error = (header.cmsg_level == IPPROTO_IP && header.cmsg_type == IP_RECVERR) ||
                          (header.cmsg_level == IPPROTO_IPV6 && header.cmsg_type == IPV6_RECVERR);
    if (!is_error || header.cmsg_len < CMSG_LEN(sizeof(sock_extended_err) + sizeof(sockaddr_in))) return std::nullopt;
    sock_extended_err error{};
    const unsigned char* data = CMSG_DATA(&header);
    std::memcpy(&error, data, sizeof error);
    if (!is_of_icmp(error)) return std::nullopt;
    sockaddr_storage sender{};
    std::memcpy(&sender, data + sizeof error,
                std::min<std::size_t>(header.cmsg_len - CMSG_LEN(sizeof error), sizeof sender));
    if (sender.ss_family != AF_INET && sender.ss_family != AF_INET6) return std::nullopt;
    return session::IcmpReport{.sender = address_of(sender), .type = error.ee_type, .code = error.ee_code};
}

}  // namespace

bool has_source_address(const Endpoint& target) {
    // connect() of UDP only chooses a route and an address.
    boost::asio::io_context context;
    boost::asio::ip::udp::socket socket{context};
    const auto to = to_asio(target);
    boost::system::error_code error;
    socket.connect({to.address(), to.port()}, error);
    return !error;
}

void keep_icmp_errors(int fd, IpAddress::Family family, bool keep) {
    const int value = keep ? 1 : 0;
    if (family == IpAddress::Family::v6) {
        ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &value, sizeof value);
    } else {
        ::setsockopt(fd, IPPROTO_IP, IP_RECVERR, &value, sizeof value);
    }
}

std::optional<session::IcmpReport> take_icmp_error(int fd) {
    alignas(cmsghdr) std::array<char, 512> control{};
    std::array<char, 64> quoted{};
    iovec data{.iov_base = quoted.data(), .iov_len = quoted.size()};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return std::nullopt;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header))
        if (auto report = report_in(*header)) return report;
    return std::nullopt;
}

std::uint32_t read_syn_count(int fd) {
    const auto info = option_of<tcp_info>(fd, IPPROTO_TCP, TCP_INFO);
    return info ? 1 + info->tcpi_total_retrans : 1;
}

session::PathFacts read_path(int fd, IpAddress::Family family) {
    session::PathFacts path;
    const auto mtu = family == IpAddress::Family::v6 ? option_of<int>(fd, IPPROTO_IPV6, IPV6_MTU)
                                                     : option_of<int>(fd, IPPROTO_IP, IP_MTU);
    const auto segment = option_of<int>(fd, IPPROTO_TCP, TCP_MAXSEG);
    if (mtu && *mtu > 0) path.mtu_size = static_cast<std::uint32_t>(*mtu);
    if (segment && *segment > 0) path.max_segment_size = static_cast<std::uint32_t>(*segment);
    return path;
}

}  // namespace diag::net
