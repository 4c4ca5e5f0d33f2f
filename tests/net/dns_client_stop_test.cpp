#include <catch2/catch.hpp>

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
