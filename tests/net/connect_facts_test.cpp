#include "libdiag/net/connect_facts.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/net/live_host.h"

// What Linux tells of sockets on loopback. ICMP errors need a network: tests/lab.

using namespace diag;
using namespace diag::net;
using namespace diag::test;

namespace {

class Socket {
public:
    explicit Socket(std::uint16_t port) {
        sockaddr_in address{
            .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
        keep_icmp_errors(fd_, IpAddress::Family::v4, true);
        connected = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    ~Socket() { ::close(fd_); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    int fd() const { return fd_; }

    bool connected = false;

private:
    int fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
};

}  // namespace

TEST_CASE("connect facts: of a connection, the MTU of the way and what one segment carries", "[net]") {
    LiveHost host;
    const Socket socket{host.port()};
    REQUIRE(socket.connected);
    const session::PathFacts path = read_path(socket.fd(), IpAddress::Family::v4);
    CHECK(path.mtu_size >= 576);
    CHECK(path.max_segment_size >= 536);
    CHECK(path.max_segment_size < path.mtu_size);
    CHECK(read_syn_count(socket.fd()) == 1);
    CHECK_FALSE(take_icmp_error(socket.fd()));
}

TEST_CASE("connect facts: a RST is no ICMP error", "[net]") {
    std::uint16_t port = 0;
    {
        LiveHost host;
        port = host.port();
    }
    const Socket socket{port};
    CHECK_FALSE(socket.connected);
    CHECK_FALSE(take_icmp_error(socket.fd()));
}

TEST_CASE("connect facts: what is no TCP socket has none, and harms nobody", "[net]") {
    CHECK(read_path(-1, IpAddress::Family::v6).mtu_size == 0);
    CHECK(read_syn_count(-1) == 1);
    CHECK_FALSE(take_icmp_error(-1));
}

TEST_CASE("connect facts: loopback has a source address, a link-local address without a link has none", "[net]") {
    CHECK(has_source_address({*IpAddress::parse("127.0.0.1"), 1688}));
    CHECK_FALSE(has_source_address({*IpAddress::parse("fe80::1"), 1688}));
}
