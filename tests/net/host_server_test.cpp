#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "libdiag/base/hex.h"
#include "tests/net/live_host.h"

// The host on real sockets, loopback only. Times are limits for the hopeless case, never measured.

using namespace diag;
using namespace diag::test;
using namespace std::chrono_literals;

namespace {

std::size_t open_descriptor_count() {
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

ByteVector bind() { return pdu_vector("bind-ndr32"); }
ByteVector request() { return pdu_vector("request-v6-ndr32-win10-even"); }

ByteVector joined(std::initializer_list<ByteVector> parts) {
    ByteVector all;
    for (const ByteVector& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

}  // namespace

TEST_CASE("host server: bind and requests of the vectors get answers that a client accepts", "[net]") {
    LiveHost host;
    ClientSocket client{host.port()};
    CHECK(ask(client) == 1);
    client.send(request());
    CHECK(count_in(client.receive_pdu()) == 1);
    REQUIRE(host.stop());
    CHECK(host.events().size() == 2);
    CHECK(host.events().at(0).workstation_name == "kms-client-01.example.test");
}

TEST_CASE("host server: the bind_ack names the port on which the client came", "[net]") {
    LiveHost host;
    ClientSocket client{host.port()};
    client.send(bind());
    const ByteVector ack = client.receive_pdu();
    CHECK(to_hex(ack).find(to_hex(bytes_of(std::to_string(host.port())))) != std::string::npos);
}

TEST_CASE("host server: bytes that come one by one are answered as those that come together", "[net]") {
    LiveHost host;
    ClientSocket client{host.port()};
    for (const std::uint8_t byte : bind()) client.send({&byte, 1});
    client.receive_pdu();
    for (const std::uint8_t byte : request()) client.send({&byte, 1});
    CHECK(count_in(client.receive_pdu()) == 1);
}

TEST_CASE("host server: requests that come in one segment with the bind are all answered in order", "[net]") {
    LiveHost host;
    ClientSocket client{host.port()};
    client.send(joined({bind(), request(), request(), request(), request(), request()}));
    client.receive_pdu();
    for (int i = 0; i < 5; ++i) CHECK(count_in(client.receive_pdu()) == 1);
}

TEST_CASE("host server: a client that has ended its side still gets its answer", "[net]") {
    LiveHost host;
    ClientSocket client{host.port()};
    client.send(joined({bind(), request()}));
    client.end_sending();
    client.receive_pdu();
    CHECK(count_in(client.receive_pdu()) == 1);
    CHECK(client.receive_rest().empty());
}

TEST_CASE("host server: serves on two addresses", "[net]") {
    HostPlan plan;
    for (const char* address : {"127.0.0.1", "127.0.0.2"})
        plan.server.listen.push_back({.ip = IpAddress::parse(address).value(), .port = 0});
    LiveHost host{plan};
    ClientSocket client{host.port()};
    CHECK(ask(client) == 1);
}

TEST_CASE("host server: serves over IPv6, beside IPv4 on the same port", "[net]") {
    session::MemoryClientList clients;
    session::FaultPlan faults;
    const auto other = session::KmsHost::create({}, clients, [](std::span<std::uint8_t>) {}).value();
    LiveHost host;
    const Endpoint six{.ip = IpAddress::parse("::1").value(), .port = host.port()};
    const auto server =
        net::HostServer::create({.listen = {six}}, *other, faults, [] { return std::expected<void, std::string>{}; });
    if (!server) {
        WARN("not tried: " << server.error());
        return;
    }
    CHECK(to_string((*server)->endpoints().front()) == "[::1]:" + std::to_string(host.port()));
    std::thread runs{[&server] { static_cast<void>((*server)->run()); }};
    const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(host.port());
    address.sin6_addr = in6addr_loopback;
    REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const ByteVector asked = bind();
    CHECK(::send(fd, asked.data(), asked.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(asked.size()));
    std::uint8_t answer[100] = {};
    CHECK(::recv(fd, answer, sizeof answer, 0) == 60);
    ::close(fd);
    (*server)->stop();
    runs.join();
}

TEST_CASE("host server: a port in use is one line that names address and reason", "[net]") {
    LiveHost host;
    session::MemoryClientList clients;
    session::FaultPlan faults;
    const auto other = session::KmsHost::create({}, clients, [](std::span<std::uint8_t>) {}).value();
    const Endpoint taken{.ip = IpAddress::parse("127.0.0.1").value(), .port = host.port()};
    const auto server =
        net::HostServer::create({.listen = {taken}}, *other, faults, [] { return std::expected<void, std::string>{}; });
    REQUIRE_FALSE(server);
    CHECK(server.error() == "cannot listen on " + to_string(taken) + ": another program uses this port");
}

TEST_CASE("host server: bytes of another protocol end the connection in order and nobody else's", "[net]") {
    LiveHost host;
    ClientSocket good{host.port()};
    ask(good);
    ClientSocket bad{host.port()};
    bad.send(bytes_of("GET / HTTP/1.1\r\nHost: example.test\r\n\r\n"));
    auto how = ClientSocket::End::reset;
    CHECK(bad.receive_rest(&how).empty());
    CHECK(how == ClientSocket::End::closed);
    good.send(request());
    CHECK(count_in(good.receive_pdu()) == 1);
}

TEST_CASE("host server: who sends on after the end is reset", "[net]") {
    LiveHost host;
    ClientSocket bad{host.port()};
    const ByteVector garbage(4096, 0x55);
    bool open = true;
    for (int i = 0; i < 100'000 && open; ++i) open = bad.try_send(garbage);
    CHECK_FALSE(open);
}

TEST_CASE("host server: an idle connection is closed after the idle time", "[net]") {
    LiveHost host{{.server = {.idle_time = 50ms}}};
    ClientSocket client{host.port()};
    CHECK(client.receive_rest().empty());
    REQUIRE(host.stop());
    CHECK(host.counters().timed_out == 1);
}

TEST_CASE("host server: bytes that make no request keep no connection open", "[net]") {
    LiveHost host{{.server = {.idle_time = 200ms}}};
    ClientSocket slow{host.port()};
    const ByteVector whole = bind();
    bool open = true;
    // The host waits for 72 bytes, and gets 71: one every 20 ms would keep an ordinary idle timer from running out.
    for (std::size_t i = 0; i + 1 < whole.size() && open; ++i) {
        open = slow.try_send({&whole[i], 1}) && !slow.has_something(20ms);
    }
    CHECK_FALSE(open);
    REQUIRE(host.stop());
    CHECK(host.counters().timed_out == 1);
}

TEST_CASE("host server: with too many connections the one that was answered the longest ago gives way", "[net]") {
    LiveHost host{{.server = {.max_connection_count = 3}}};
    ClientSocket first{host.port()};
    ask(first);
    ClientSocket second{host.port()};
    ask(second);
    ClientSocket third{host.port()};
    ask(third);
    first.send(request());
    count_in(first.receive_pdu());
    ClientSocket fourth{host.port()};
    CHECK(ask(fourth) == 1);
    CHECK(second.receive_rest().empty());  // closed
    for (ClientSocket* client : {&first, &third}) {
        client->send(request());
        CHECK(count_in(client->receive_pdu()) == 1);
    }
    REQUIRE(host.stop());
    CHECK(host.counters().crowded_out == 1);
}

TEST_CASE("host server: a peer with too many connections loses its own", "[net]") {
    LiveHost host{{.server = {.max_peer_connection_count = 2}}};
    ClientSocket first{host.port()};
    ask(first);
    ClientSocket second{host.port()};
    ask(second);
    ClientSocket third{host.port()};
    ask(third);
    CHECK(first.receive_rest().empty());
    REQUIRE(host.stop());
    CHECK(host.counters().crowded_out == 1);
    CHECK(host.counters().accepted == 3);
}

TEST_CASE("host server: a client that does not read costs no memory, and gets all answers when it reads", "[net]") {
    constexpr std::size_t request_count = 20'000;  // 6 MB of answers: more than socket buffers hold
    LiveHost host;
    ClientSocket lazy{host.port(), 4096};
    lazy.send(bind());
    lazy.receive_pdu();
    std::thread writer{[&lazy] {
        const ByteVector one = request();
        for (std::size_t i = 0; i < request_count; ++i) lazy.send(one);
    }};
    ClientSocket other{host.port()};
    CHECK(ask(other) == 1);
    std::size_t answered = 0;
    for (; answered < request_count; ++answered)
        if (lazy.receive_pdu().at(2) != 2) break;
    writer.join();
    CHECK(answered == request_count);
}

TEST_CASE("host server: PDUs that are never complete are bounded in memory, and keep out no sane client", "[net]") {
    LiveHost host{{.server = {.max_unanswered_size = 64 << 10}}};
    ByteVector large(16 << 10, 0x41);
    const ByteVector header = bind();
    std::copy(header.begin(), header.begin() + 16, large.begin());
    large[8] = large[9] = 0xFF;  // frag_length: 64 KiB
    std::vector<ClientSocket> enemies;
    std::size_t reset_count = 0;
    for (int i = 0; i < 10; ++i) {
        enemies.emplace_back(host.port());
        enemies.back().try_send(large);
    }
    ClientSocket good{host.port()};
    CHECK(ask(good) == 1);
    for (ClientSocket& enemy : enemies)
        if (enemy.has_something(200ms)) ++reset_count;
    CHECK(reset_count >= 6);  // four fit
    CHECK(reset_count < 10);
}

TEST_CASE("host server: no descriptor is left of clients that came and went in all manners", "[net]") {
    LiveHost host{{.server = {.idle_time = 60s, .linger_time = 20ms}}};
    {
        ClientSocket warm_up{host.port()};
        ask(warm_up);
    }
    const std::size_t before = open_descriptor_count();
    for (int i = 0; i < 50; ++i) {
        ClientSocket good{host.port()};
        ask(good);
        ClientSocket silent{host.port()};
        ClientSocket garbage{host.port()};
        garbage.try_send(bytes_of("no RPC at all, and not short of a header"));
        ClientSocket half{host.port()};
        half.send(Bytes{bind()}.first(20));
    }
    std::size_t after = 0;
    for (int i = 0; i < 500; ++i) {
        after = open_descriptor_count();
        if (after <= before) break;
        std::this_thread::sleep_for(20ms);
    }
    CHECK(after <= before);
    REQUIRE(host.stop());
    CHECK(host.counters().accepted == host.counters().closed);
}

TEST_CASE("host server: no answer leaves before what it says is kept, and none when that fails", "[net]") {
    int calls = 0;
    LiveHost host{{.settle = [&calls]() -> std::expected<void, std::string> {
        if (++calls < 3) return {};
        return std::unexpected("no space left");
    }}};
    ClientSocket client{host.port()};
    CHECK(ask(client) == 1);
    client.send(request());
    CHECK(client.receive_rest().empty());
    const auto end = host.join();
    REQUIRE_FALSE(end);
    CHECK(end.error() == "no space left");
}

TEST_CASE("host server: stop answers what has arrived, then closes in order", "[net]") {
    LiveHost host;
    ClientSocket client{host.port()};
    ask(client);
    ClientSocket idle{host.port()};
    client.send(joined({request(), request(), request(), request(), request(), request()}));
    REQUIRE(host.stop());
    auto how = ClientSocket::End::reset;
    CHECK(client.receive_rest(&how).size() == 6 * pdu_vector("response-v6-ndr32-win10-even").size());
    CHECK(how == ClientSocket::End::closed);
    CHECK(idle.receive_rest(&how).empty());
    CHECK(how == ClientSocket::End::closed);
    CHECK(host.events().size() == 7);
}

TEST_CASE("host server: stop loses no request of clients that keep asking", "[net]") {
    LiveHost host;
    std::atomic<std::size_t> answered{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) {
        clients.emplace_back([&] {
            ClientSocket client{host.port()};
            ask(client);
            ++answered;
            while (client.try_send(request())) {
                if (!client.is_answered()) break;
                ++answered;
            }
        });
    }
    while (answered < 200) std::this_thread::sleep_for(1ms);
    REQUIRE(host.stop());
    for (auto& client : clients) client.join();
    CHECK(host.events().size() == answered);
}

TEST_CASE("host server: stop ends within its time also when a client neither reads nor closes", "[net]") {
    LiveHost host{{.server = {.stop_time = 300ms}, .faults = {"delay:3600000"}}};
    ClientSocket waiting{host.port()};
    waiting.send(bind());
    waiting.receive_pdu();
    waiting.send(request());
    REQUIRE_FALSE(waiting.has_something(100ms));
    REQUIRE(host.stop());
    CHECK(host.counters().closed == 1);
}

TEST_CASE("host server: faults reach the wire", "[net][fault]") {
    auto how = ClientSocket::End::closed;
    SECTION("reset") {
        LiveHost host{{.faults = {"reset@accept"}}};
        ClientSocket client{host.port()};
        client.receive_rest(&how);
        CHECK(how == ClientSocket::End::reset);
    }
    SECTION("close") {
        LiveHost host{{.faults = {"close@bind"}}};
        ClientSocket client{host.port()};
        client.send(bind());
        how = ClientSocket::End::reset;
        CHECK(client.receive_rest(&how).empty());
        CHECK(how == ClientSocket::End::closed);
    }
    SECTION("delay: the answer is late, and others do not wait for it") {
        LiveHost host{{.faults = {"delay:300@response,1"}}};
        ClientSocket late{host.port()};
        late.send(joined({bind(), request()}));
        late.receive_pdu();
        while (late.has_something(0ms)) late.receive_pdu();
        ClientSocket other{host.port()};
        CHECK(ask(other) == 1);
        CHECK(count_in(late.receive_pdu()) == 1);
    }
    SECTION("drip: every byte comes") {
        LiveHost host{{.faults = {"drip:0"}}};
        ClientSocket client{host.port()};
        CHECK(ask(client) == 1);
    }
    SECTION("silence: nothing comes until the idle time is over") {
        LiveHost host{{.server = {.idle_time = 400ms}, .faults = {"silence@request"}}};
        ClientSocket client{host.port()};
        client.send(joined({bind(), request()}));
        client.receive_pdu();
        CHECK_FALSE(client.has_something(100ms));
        CHECK(client.receive_rest().empty());
    }
}

TEST_CASE("host server: hundreds of idle connections beyond the limit keep nobody out", "[net]") {
    LiveHost host{{.server = {.max_connection_count = 20}}};
    std::vector<ClientSocket> idle;
    for (int i = 0; i < 200; ++i) idle.emplace_back(host.port());
    ClientSocket good{host.port()};
    CHECK(ask(good) == 1);
    REQUIRE(host.stop());
    CHECK(host.counters().crowded_out == 181);
}
