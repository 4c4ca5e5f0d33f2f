#include "libdiag/session/zone_check.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/session/dns_world.h"

namespace diag::test {
namespace {

using namespace session;

const Endpoint resolver = server("192.0.2.53"), ns1 = server("192.0.2.1"), ns2 = server("192.0.2.2");
constexpr std::string_view service = "_vlmcs._tcp.corp.test";

dns::Record soa(std::uint32_t serial = 7, std::string_view mname = "ns1.corp.test") {
    return {.name = name("corp.test"),
            .type = dns::type::soa,
            .ttl = 60,
            .data = dns::Soa{.mname = name(mname), .rname = name("x.test"), .serial = serial}};
}

dns::Record ns(std::string_view host) {
    return {.name = name("corp.test"), .type = dns::type::ns, .ttl = 60, .data = name(host)};
}

struct World {
    std::string primary = "ns1.corp.test";
    std::vector<dns::Record> zone = {ns("ns1.corp.test"), ns("ns2.corp.test"), address("ns1.corp.test", "192.0.2.1"),
                                     address("ns2.corp.test", "192.0.2.2")};
    std::uint32_t second_serial = 7;
    std::optional<std::uint16_t> second_rcode;
    bool second_is_authoritative = true;

    std::optional<dns::Message> operator()(const DnsQuery& query) const {
        if (query.server == resolver) {
            auto message = zone_answer(query, zone);
            if (query.type == dns::type::soa) message.authorities.push_back(soa(7, primary));
            return message;
        }
        CHECK_FALSE(query.recursion_desired);
        if (query.server == ns2 && second_rcode) return answer(query, {}, *second_rcode);
        const bool aa = query.server == ns1 || second_is_authoritative;
        const auto serial = query.server == ns1 ? 7 : second_serial;
        if (query.type == dns::type::soa) return answer(query, {soa(serial, primary)}, aa ? dns::flag::aa : 0);
        return answer(query, {srv(service, "kms1.corp.test")}, aa ? dns::flag::aa : 0);
    }
};

ZoneEvidence check(const DnsWorld& world, bool authoritative = true, bool update_path = false) {
    ZoneCheck check{"corp.test.", {.resolver = resolver, .authoritative = authoritative, .update_path = update_path}};
    run(check, world);
    CHECK(check.is_over());
    return std::move(check.evidence());
}

TEST_CASE("zone check: zone and primary are those of the SOA, and each name server says what it has", "[zone_check]") {
    const auto evidence = check(World{});
    CHECK(evidence.query == service);
    CHECK(evidence.zone == "corp.test");
    CHECK(evidence.primary == "ns1.corp.test");
    REQUIRE(evidence.servers.size() == 2);
    CHECK(evidence.servers[0].endpoint == ns1);
    CHECK(evidence.servers[1].endpoint == ns2);
    for (const NameServer& one : evidence.servers) {
        CHECK_FALSE(one.is_lame());
        CHECK(one.serial_number() == 7U);
        CHECK(one.service->message.answers.size() == 1);
    }
    CHECK(evidence.missing_servers.empty());
    CHECK(evidence.update_path.empty());
}

TEST_CASE("zone check: serials are those of the servers", "[zone_check]") {
    World world;
    world.second_serial = 4;
    CHECK(check(world).servers.at(1).serial_number() == 4U);
}

TEST_CASE("zone check: who refuses, is silent or has no authority is lame", "[zone_check]") {
    World refusing, without_authority;
    refusing.second_rcode = dns::rcode::refused;
    without_authority.second_is_authoritative = false;
    const DnsWorld silent = [](const DnsQuery& query) -> std::optional<dns::Message> {
        if (query.server == ns2) return std::nullopt;
        return World{}(query);
    };
    for (const DnsWorld& world : {DnsWorld{refusing}, DnsWorld{without_authority}, silent}) {
        const auto evidence = check(world);
        CHECK_FALSE(evidence.servers.at(0).is_lame());
        CHECK(evidence.servers.at(1).is_lame());
        CHECK_FALSE(evidence.servers.at(1).serial_number());
    }
}

TEST_CASE("zone check: a name server without an address is missing", "[zone_check]") {
    World world;
    world.zone.pop_back();
    const auto evidence = check(world);
    CHECK(evidence.missing_servers == std::vector<std::string>{"ns2.corp.test"});
    CHECK(evidence.servers.size() == 1);
}

TEST_CASE("zone check: the way of updates is the primary's, over UDP and TCP, without EDNS", "[zone_check]") {
    const auto evidence = check(World{}, false, true);
    CHECK(evidence.servers.empty());
    REQUIRE(evidence.update_path.size() == 2);
    CHECK(evidence.update_path[0].query.transport == DnsTransport::udp);
    CHECK(evidence.update_path[1].query.transport == DnsTransport::tcp);
    for (const DnsReply& reply : evidence.update_path) {
        CHECK(reply.query.server == ns1);
        CHECK_FALSE(reply.query.edns);
    }
    CHECK_FALSE(evidence.has_lost_primary);
}

TEST_CASE("zone check: a primary that is no name server is asked for updates only", "[zone_check]") {
    World world;
    world.primary = "hidden.corp.test";
    world.zone.push_back(address("hidden.corp.test", "192.0.2.3"));
    const auto evidence = check(world, true, true);
    CHECK(evidence.servers.size() == 2);
    REQUIRE(evidence.update_path.size() == 2);
    CHECK(evidence.update_path[0].query.server == server("192.0.2.3"));
}

TEST_CASE("zone check: a primary that is a name server, too, is asked as both, whichever answer comes first",
          "[zone_check]") {
    const bool is_address_first = GENERATE(false, true);
    ZoneCheck check{"corp.test", {.resolver = resolver, .v6 = false, .authoritative = true, .update_path = true}};
    const World world;
    auto open = check.on_reply(reply_of(check.start().at(0), world));
    REQUIRE(open.size() == 2);  // NS, and A of the primary
    if (is_address_first) std::ranges::reverse(open);
    while (!open.empty()) {
        auto more = check.on_reply(reply_of(open.front(), world));
        open.erase(open.begin());
        for (auto& query : more) open.push_back(std::move(query));
    }
    CHECK(check.is_over());
    CHECK(check.evidence().servers.size() == 2);
    CHECK(check.evidence().update_path.size() == 2);
    for (const NameServer& one : check.evidence().servers) CHECK_FALSE(one.is_lame());
}

TEST_CASE("zone check: a primary without an address is lost for updates and no name server", "[zone_check]") {
    World world;
    world.primary = "gone.corp.test";
    const auto evidence = check(world, true, true);
    CHECK(evidence.has_lost_primary);
    CHECK(evidence.missing_servers.empty());
    CHECK(evidence.update_path.empty());
}

TEST_CASE("zone check: without an SOA there is no zone, and nobody else is asked", "[zone_check]") {
    const auto evidence = check([](const DnsQuery& query) { return answer(query, {}, dns::rcode::server_failure); });
    CHECK(evidence.zone.empty());
    CHECK(evidence.replies.size() == 1);
}

TEST_CASE("zone check: very many name servers and addresses are a bounded number of questions", "[zone_check]") {
    World world;
    world.zone.clear();
    for (int i = 0; i < 50; ++i) {
        const std::string host = "n" + std::to_string(i) + ".corp.test";
        world.zone.push_back(ns(host));
        for (int k = 0; k < 10; ++k) world.zone.push_back(address(host, "192.0.2." + std::to_string(60 + k)));
    }
    world.primary = "n0.corp.test";
    CHECK(check(world).servers.size() <= max_name_server_count * max_server_address_count);
}

}  // namespace
}  // namespace diag::test
