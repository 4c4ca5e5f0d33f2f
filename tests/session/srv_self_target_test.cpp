#include <catch2/catch.hpp>

#include "libdiag/session/srv_check.h"
#include "tests/session/lab.h"

using namespace diag;
using namespace diag::session;

TEST_CASE("srv check: a record that names itself as the host is followed to its addresses", "[session]") {
    const Endpoint server{.ip = *IpAddress::parse("192.0.2.53"), .port = 53};
    const SrvCheckSettings settings{.servers = {server}, .extras = false, .v6 = false};
    SrvCheck check{"example.test", settings, test::counting_bytes()};
    const auto name = *dns::DomainName::parse("_vlmcs._tcp.example.test");
    const auto answer = [&](DnsQuery query, std::uint16_t type, auto data) {
        DnsReply reply;
        reply.query = std::move(query);
        reply.end = DnsEnd::answered;
        reply.message.answers.push_back({.name = name, .type = type, .ttl = 3600, .data = data});
        return check.on_reply(std::move(reply));
    };
    auto asked = check.start();
    REQUIRE(asked.size() == 1);
    asked = answer(asked[0], dns::type::srv, dns::Srv{.port = 1688, .target = name});
    REQUIRE(asked.size() == 1);
    REQUIRE(asked[0].type == dns::type::a);
    CHECK(answer(asked[0], dns::type::a, *IpAddress::parse("192.0.2.10")).empty());
    CHECK(check.is_over());
    CHECK(check.evidence().replies.size() == 1);
    REQUIRE(check.evidence().targets.size() == 1);
    CHECK(check.evidence().targets[0].addresses.size() == 1);
}
