#include "bench/load_socket.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace bench {

Socket& Socket::operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Socket::~Socket() {
    if (fd_ >= 0) ::close(fd_);
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

Socket connect_to(std::uint16_t port, unsigned number, bool non_blocking) {
    constexpr unsigned source_count = 8;
    Socket socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (socket.get() < 0) throw std::system_error{errno, std::generic_category(), "socket"};
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in source = loopback(0);
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + number % source_count);
    ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&source), sizeof source);
    const sockaddr_in target = loopback(port);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0)
        throw std::system_error{errno, std::generic_category(), "connect"};
    if (non_blocking) ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    return socket;
}

bool send_all(int fd, diag::Bytes bytes) {
    while (!bytes.empty()) {
        const ssize_t size = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(size));
    }
    return true;
}

std::size_t receive_pdu(int fd) {
    std::array<std::uint8_t, 8192> buffer;
    std::size_t size = 0;
    while (size < 16 || size < std::size_t{buffer[8]} + buffer[9] * std::size_t{256}) {
        const ssize_t got = ::recv(fd, buffer.data() + size, buffer.size() - size, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return 0;
        size += static_cast<std::size_t>(got);
    }
    return size;
}

}  // namespace bench
