#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "libdiag/capture/live.h"

using namespace diag;
using namespace std::chrono_literals;
using Kind = capture::CaptureError::Kind;

namespace {

/// What a child process says that captures on the loopback device: a process that has opened a device has given up its
/// rights, and the test program wants to keep them.
enum Verdict : int {
    good = 0,
    no_right = 10,
    no_open,
    still_root,
    root_again,
    no_packet,
    wrong_packet,
    damaged,
    wrong_error
};

void send_datagrams(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 3; ++i) ::sendto(fd, "hello", 5, 0, reinterpret_cast<sockaddr*>(&to), sizeof to);
    ::close(fd);
}

template <class Function> int in_child(Function function) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(function());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int capture_on_loopback() {
    constexpr std::uint16_t port = 9;  // discard
    auto live = capture::LiveCapture::open(
        {.interface = "lo", .filter = "udp dst port 9", .packet_limit = 2, .time_limit = 5s});
    if (!live) return live.error().kind == Kind::no_permission ? no_right : no_open;
    if (::geteuid() == 0 || ::getuid() == 0 || ::getgid() == 0) return still_root;
    if (::setuid(0) == 0 || ::setgid(0) == 0) return root_again;
    send_datagrams(port);
    std::uint64_t count = 0;
    for (PacketView packet; live->next(packet); ++count) {
        if (packet.number != count + 1 || packet.data.size() != packet.original_size ||
            packet.data.size() != 14 + 20 + 8 + 5)
            return wrong_packet;
    }
    if (live->damage()) return damaged;
    return count == 2 && live->statistics().received_count >= 2 ? good : no_packet;
}

}  // namespace

TEST_CASE("live: an interface that does not exist is an error that names it", "[capture][live]") {
    const auto live = capture::LiveCapture::open({.interface = "no\x1bsuch0"});
    REQUIRE_FALSE(live);
    CHECK(live.error().kind == Kind::no_device);
    CHECK(live.error().message.starts_with("no\\x1bsuch0: no such interface"));
}

TEST_CASE("live: packets come, limits end the capture, and no privilege is left", "[capture][live]") {
    const int verdict = in_child(capture_on_loopback);
    if (verdict == no_right) {
        WARN("not run: no permission to capture here");
        return;
    }
    CHECK(verdict == good);
}

TEST_CASE("live: without the right to capture the error says how to get it", "[capture][live]") {
    const int verdict = in_child([]() -> int {
        constexpr uid_t nobody = 65534;
        if (::geteuid() == 0 && ::setuid(nobody) != 0) return no_open;
        const auto live = capture::LiveCapture::open({.interface = "lo"});
        if (live) return no_right;  // somebody gave the test program capabilities
        return live.error().kind == Kind::no_permission && live.error().message.find("sudo") != std::string::npos
                   ? good
                   : wrong_error;
    });
    CHECK(verdict == good);
}

TEST_CASE("live: the stop flag and the time limit end a capture without packets", "[capture][live]") {
    for (const bool use_flag : {false, true}) {
        CAPTURE(use_flag);
        const int verdict = in_child([&]() -> int {
            std::atomic<bool> stop = false;
            capture::LiveOptions options{.interface = "lo", .filter = "udp dst port 1 and udp src port 1"};
            if (use_flag)
                options.stop = &stop;
            else
                options.time_limit = 200ms;
            auto live = capture::LiveCapture::open(options);
            if (!live) return live.error().kind == Kind::no_permission ? no_right : no_open;
            std::jthread later{[&] {
                std::this_thread::sleep_for(200ms);
                stop = true;
            }};
            const auto start = std::chrono::steady_clock::now();
            PacketView packet;
            if (live->next(packet)) return wrong_packet;
            return std::chrono::steady_clock::now() - start < 3s && !live->damage() ? good : damaged;
        });
        if (verdict != no_right) CHECK(verdict == good);
    }
}

TEST_CASE("live: a bad filter is an error before anything is captured", "[capture][live]") {
    const int verdict = in_child([]() -> int {
        const auto live = capture::LiveCapture::open({.interface = "lo", .filter = "tcp prot 1688"});
        if (live) return no_open;
        if (live.error().kind == Kind::no_permission) return no_right;
        return live.error().kind == Kind::bad_filter ? good : wrong_error;
    });
    if (verdict != no_right) CHECK(verdict == good);
}
