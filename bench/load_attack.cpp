#include "bench/load_attack.h"

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <system_error>
#include <thread>

#include "bench/load_messages.h"
#include "bench/load_socket.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

bool ask_once(std::uint16_t port, const diag::ByteVector& bind, const diag::ByteVector& request) try {
    const Socket socket = connect_to(port, 7, false);
    return send_all(socket.get(), bind) && receive_pdu(socket.get()) != 0 && send_all(socket.get(), request) &&
           receive_pdu(socket.get()) != 0;
} catch (const std::system_error&) {
    return false;
}

void be_good(const Attack& attack, Clock::time_point end, AttackResult& result) {
    const auto bind = make_bind();
    const auto requests = make_requests(16);
    for (std::size_t i = 0; Clock::now() < end; ++i) {
        const auto start = Clock::now();
        if (!ask_once(attack.port, bind, requests[i % requests.size()])) ++result.failure_count;
        result.latencies_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
        std::this_thread::sleep_for(2ms);
    }
    std::sort(result.latencies_ms.begin(), result.latencies_ms.end());
}

// Connections that the host has closed are opened again.
class Enemies {
public:
    explicit Enemies(const Attack& attack) : attack_{attack}, bind_{make_bind()}, request_{make_requests(1).front()} {
        for (std::size_t i = 0; i < attack.idle_count; ++i) idle_.push_back(connect());
        for (std::size_t i = 0; i < attack.slow_writer_count; ++i) slow_.push_back({.socket = connect()});
        for (std::size_t i = 0; i < attack.garbage_count; ++i) garbage_.push_back(connect());
    }

    std::uint64_t run(const std::atomic<bool>& stop) {
        auto next_byte = Clock::now();
        while (!stop) {
            for (Socket& socket : garbage_) send_garbage(socket);
            if (Clock::now() < next_byte) continue;
            next_byte = Clock::now() + 100ms;
            for (Slow& slow : slow_) send_byte(slow);
        }
        return garbage_sent_;
    }

private:
    struct Slow {
        Socket socket;
        std::size_t at = 0;
    };

    Socket connect() { return connect_to(attack_.port, source_++ % 7, true); }

    // False when the host has ended it.
    static bool send(const Socket& socket, diag::Bytes bytes) {
        std::uint8_t answer[512];
        while (::recv(socket.get(), answer, sizeof answer, MSG_DONTWAIT) > 0) {}
        return ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 || errno == EAGAIN;
    }

    void send_garbage(Socket& socket) {
        diag::ByteVector bytes = random_() % 2 == 0 ? bind_ : request_;
        if (random_() % 4 == 0) {
            for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random_());
        } else {
            for (int flips = 0; flips < 3; ++flips)
                bytes[random_() % bytes.size()] ^= static_cast<std::uint8_t>(1 << random_() % 8);
        }
        ++garbage_sent_;
        if (!send(socket, bytes)) socket = connect();
    }

    void send_byte(Slow& slow) {
        // Of a PDU of 64 KiB that never ends.
        const std::uint8_t byte = slow.at == 8 || slow.at == 9 ? 0xFF : bind_[slow.at % bind_.size()];
        ++slow.at;
        if (!send(slow.socket, {&byte, 1})) slow = {.socket = connect()};
    }

    Attack attack_;
    diag::ByteVector bind_, request_;
    std::vector<Socket> idle_, garbage_;
    std::vector<Slow> slow_;
    std::mt19937 random_{1};
    unsigned source_ = 0;
    std::uint64_t garbage_sent_ = 0;
};

}  // namespace

AttackResult run_attack(const Attack& attack) {
    AttackResult result;
    Enemies enemies{attack};
    std::atomic<bool> stop{false};
    std::thread good{[&] {
        be_good(attack, Clock::now() + attack.duration, result);
        stop = true;
    }};
    try {
        result.garbage_count = enemies.run(stop);
    } catch (...) {
        good.join();
        throw;
    }
    good.join();
    return result;
}

}  // namespace bench
