// usage: echo_server
//
// Sends back what it gets, on 127.0.0.1 and a port that it prints: what the system's sockets cost without a KMS host.

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "bench/load_socket.h"

int main() {
    using namespace bench;
    const Socket listener{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener.get(), 4096) != 0 ||
        ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        std::perror("echo_server");
        return 3;
    }
    std::printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    std::fflush(stdout);

    const Socket epoll{::epoll_create1(0)};
    const auto watch = [&epoll](int fd) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event);
    };
    watch(listener.get());
    std::array<epoll_event, 256> events;
    std::array<char, 4096> buffer;
    for (;;) {
        const int count = ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            const int fd = events[static_cast<std::size_t>(i)].data.fd;
            if (fd == listener.get()) {
                int accepted;
                while ((accepted = ::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK)) >= 0) watch(accepted);
                continue;
            }
            const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
            if (got <= 0 || ::send(fd, buffer.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) != got) ::close(fd);
        }
    }
}
