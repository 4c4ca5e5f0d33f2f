#include <catch2/catch.hpp>
#include <set>

#include "libdiag/net/dns_client.h"
#include "tests/net/dns_server.h"

using namespace diag;

TEST_CASE("dns client: what a stop gives up is no reply", "[net]") {
    test::DnsServer server{[](const std::string&, std::uint16_t) { return test::DnsReply{.silent = true}; }};
    std::atomic<bool> stop{false};
    unsigned reply_count = 0;
    net::DnsClient client{{.timeout = std::chrono::seconds{60}, .stop = &stop},
                          [&](std::uint64_t, session::DnsReply) { ++reply_count; }};
    client.ask(1, {.server = server.endpoint(), .name = "_vlmcs._tcp.example.test"});
    client.run([&] {
        stop = server.question_count() > 0;
        return net::DnsClient::More{.pause = std::chrono::milliseconds{10}};
    });
    CHECK(reply_count == 0);
    CHECK(client.open_count() == 1);
}

TEST_CASE("dns client: nobody can guess the id of a question", "[net]") {
    constexpr std::size_t count = 64;
    test::DnsServer server{[](const std::string&, std::uint16_t) { return test::DnsReply{.rcode = 3}; }};
    std::size_t answer_count = 0;
    net::DnsClient client{{.timeout = std::chrono::seconds{10}}, [&](std::uint64_t, const session::DnsReply& reply) {
                              answer_count += reply.end == session::DnsEnd::answered ? 1 : 0;
                          }};
    for (std::size_t i = 0; i < count; ++i)
        client.ask(i, {.server = server.endpoint(), .name = "_vlmcs._tcp.d" + std::to_string(i) + ".test"});
    client.run([] { return net::DnsClient::More{}; });
    CHECK(answer_count == count);
    const auto ids = server.message_ids();
    CHECK(ids.size() == count);
    // 64 of 65,536 at random: five that coincide are less likely than one in a billion.
    CHECK(std::set<std::uint16_t>{ids.begin(), ids.end()}.size() > count - 5);
}
