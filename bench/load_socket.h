#pragma once

#include <netinet/in.h>

#include <cstdint>

#include "libdiag/base/bytes.h"

// Sockets for loads: IPv4 loopback only. Everything throws std::system_error for what a load cannot go on without.

namespace bench {

/// Owns a descriptor.
class Socket {
public:
    explicit Socket(int fd = -1) : fd_{fd} {}
    Socket(Socket&& other) noexcept : fd_{other.fd_} { other.fd_ = -1; }
    Socket& operator=(Socket&& other) noexcept;
    ~Socket();
    int get() const { return fd_; }

private:
    int fd_;
};

sockaddr_in loopback(std::uint16_t port);

/// Connected; `number` chooses one of a few source addresses, so that a load does not run out of ports.
Socket connect_to(std::uint16_t port, unsigned number, bool non_blocking);

/// All of it, on a blocking socket; false when the other side has gone.
bool send_all(int fd, diag::Bytes bytes);
/// One DCE/RPC PDU on a blocking socket: its size, 0 when the other side has gone.
std::size_t receive_pdu(int fd);

}  // namespace bench
