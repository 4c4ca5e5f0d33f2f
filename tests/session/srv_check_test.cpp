#include "libdiag/session/srv_check.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/session/dns_world.h"

namespace diag::test {
namespace {

using namespace session;
using Records = std::vector<dns::Record>;

constexpr std::string_view service = "_vlmcs._tcp.corp.test";
const Endpoint first = server("192.0.2.53"), second = server("192.0.2.54");
const Records healthy = {srv(service, "kms1.corp.test"), address("kms1.corp.test", "192.0.2.11"),
                         address("kms1.corp.test", "2001:db8::11")};

void no_randomness(std::span<std::uint8_t> out) { std::ranges::fill(out, 0x5A); }

struct Checked {
    SrvEvidence evidence;
    std::vector<DnsQuery> asked;

    std::size_t count(std::uint16_t type, std::string_view of) const {
        return static_cast<std::size_t>(
            std::ranges::count_if(asked, [&](const DnsQuery& q) { return q.type == type && q.name == of; }));
    }
    const DnsReply& decisive() const { return *evidence.decisive(); }
};

Checked check(const DnsWorld& world, SrvCheckSettings settings = {}, std::string domain = "corp.test") {
    if (settings.servers.empty()) settings.servers = {first, second};
    SrvCheck check{std::move(domain), settings, no_randomness};
    auto asked = run(check, world);
    CHECK(check.is_over());
    return {std::move(check.evidence()), std::move(asked)};
}

DnsWorld zone(Records records) {
    return [records = std::move(records)](const DnsQuery& query) { return zone_answer(query, records); };
}

TEST_CASE("srv check: a record is followed to A and AAAA, at the server that answered", "[srv_check]") {
    const auto done = check(zone(healthy));
    REQUIRE(done.evidence.records.size() == 1);
    CHECK(done.evidence.records[0].target == "kms1.corp.test");
    CHECK(done.evidence.records[0].port == 1688);
    CHECK(done.evidence.records[0].ttl == 3600);
    REQUIRE(done.evidence.targets.size() == 1);
    CHECK(done.evidence.targets[0].addresses.size() == 2);
    CHECK_FALSE(done.evidence.targets[0].alias_of);
    CHECK_FALSE(done.evidence.targets[0].missing);
    CHECK(std::ranges::all_of(done.asked, [](const auto& q) { return q.server == first && q.recursion_desired; }));
    CHECK(done.asked.size() == 4);  // SRV, A, AAAA, and the name that cannot exist
}

TEST_CASE("srv check: the final dot of a domain changes nothing", "[srv_check]") {
    CHECK(check(zone(healthy), {}, "corp.test.").evidence.query == service);
}

TEST_CASE("srv check: families, recursion and extras are those of the settings", "[srv_check]") {
    const auto v4 = check(zone(healthy), {.servers = {}, .extras = false, .v6 = false, .recursion_desired = false});
    CHECK(v4.count(dns::type::a, "kms1.corp.test") == 1);
    CHECK(v4.count(dns::type::aaaa, "kms1.corp.test") == 0);
    CHECK(v4.asked.size() == 2);
    CHECK(std::ranges::none_of(v4.asked, [](const auto& q) { return q.recursion_desired; }));
    CHECK(check(zone(healthy), {.servers = {}, .v4 = false}).count(dns::type::a, "kms1.corp.test") == 0);
}

TEST_CASE("srv check: what is truncated is asked again over TCP, and the whole answer decides", "[srv_check]") {
    const auto done = check([](const DnsQuery& query) {
        const bool cut = query.transport == DnsTransport::udp && query.type == dns::type::srv;
        return cut ? answer(query, {}, dns::flag::tc) : zone_answer(query, healthy);
    });
    CHECK(done.decisive().query.transport == DnsTransport::tcp);
    CHECK(done.evidence.records.size() == 1);
    CHECK(done.evidence.replies.size() == 2);
}

TEST_CASE("srv check: without TCP the next server is asked, over UDP, and at the end a part is better than nothing",
          "[srv_check]") {
    const Records part = {healthy[0]};
    const auto done = check([&](const DnsQuery& query) -> std::optional<dns::Message> {
        if (query.transport == DnsTransport::tcp) return std::nullopt;
        if (query.type == dns::type::srv) return answer(query, part, dns::flag::tc);
        return zone_answer(query, healthy);
    });
    REQUIRE(done.evidence.replies.size() == 4);
    CHECK(done.evidence.replies[2].query.server == second);
    CHECK(done.evidence.replies[2].query.transport == DnsTransport::udp);
    CHECK(done.decisive().is_truncated());
    CHECK(done.decisive().query.server == first);
    CHECK(done.evidence.records.size() == 1);
}

TEST_CASE("srv check: a server that does not know EDNS is asked without it", "[srv_check]") {
    const auto rcode = GENERATE(dns::rcode::format_error, dns::rcode::not_implemented);
    const auto done = check(
        [&](const DnsQuery& query) { return query.edns ? answer(query, {}, rcode) : zone_answer(query, healthy); });
    CHECK_FALSE(done.decisive().query.edns);
    CHECK(done.decisive().query.server == first);
    CHECK(done.evidence.targets.at(0).addresses.size() == 2);
}

TEST_CASE("srv check: a server that dislikes the question in any form is asked twice, then the next", "[srv_check]") {
    const auto done = check([&](const DnsQuery& query) {
        return query.server == first ? answer(query, {}, dns::rcode::format_error) : zone_answer(query, healthy);
    });
    CHECK(std::ranges::count(done.asked, first, &DnsQuery::server) == 2);
    CHECK(done.decisive().query.server == second);
    CHECK(done.decisive().query.edns);
}

TEST_CASE("srv check: failures and silence lead to the next server; a missing name does not", "[srv_check]") {
    const auto [rcode, asked_second] = GENERATE(table<int, bool>({
        {dns::rcode::server_failure, true},
        {dns::rcode::refused, true},
        {-1, true},
        {dns::rcode::name_error, false},
        {dns::rcode::no_error, false},
    }));
    CAPTURE(rcode);
    const auto done = check([&](const DnsQuery& query) -> std::optional<dns::Message> {
        if (query.server == second) return zone_answer(query, healthy);
        if (rcode < 0) return std::nullopt;
        return answer(query, {}, static_cast<std::uint16_t>(rcode));
    });
    CHECK((std::ranges::count(done.asked, second, &DnsQuery::server) > 0) == asked_second);
    CHECK(done.evidence.records.size() == (asked_second ? 1 : 0));
}

TEST_CASE("srv check: when all fail the first answer decides, and silence everywhere has none", "[srv_check]") {
    const auto failed = check([](const DnsQuery& query) -> std::optional<dns::Message> {
        if (query.server == first) return std::nullopt;
        return answer(query, {}, dns::rcode::refused);
    });
    CHECK(failed.decisive().rcode() == dns::rcode::refused);
    const auto silent = check([](const DnsQuery&) { return std::nullopt; });
    CHECK_FALSE(silent.evidence.answer);
    CHECK(silent.evidence.replies.size() == 2);
    CHECK(silent.decisive().end == DnsEnd::no_answer);
}

TEST_CASE("srv check: a server that stands twice is asked once", "[srv_check]") {
    const auto done = check([](const DnsQuery&) { return std::nullopt; }, {.servers = {first, first, second, first}});
    CHECK(done.asked.size() == 2);
}

TEST_CASE("srv check: with several servers compared each is asked, and the first of them decides, not the fastest",
          "[srv_check]") {
    const SrvCheckSettings settings{.servers = {first, second}, .every_server = true, .extras = false};
    SrvCheck check{"corp.test", settings, no_randomness};
    const auto queries = check.start();
    REQUIRE(queries.size() == 2);
    CHECK(check.on_reply(reply_of(queries[1], [](const auto& q) { return answer(q, {}, dns::rcode::name_error); }))
              .empty());
    CHECK(check.on_reply(reply_of(queries[0], zone(healthy))).size() == 2);
    CHECK(check.evidence().decisive()->query.server == first);
    CHECK(check.evidence().records.size() == 1);
    CHECK_FALSE(check.is_over());
}

TEST_CASE("srv check: an alias of the service name is followed through the answer", "[srv_check]") {
    const auto done = check(zone({alias(service, "a.corp.test"), alias("a.corp.test", "b.corp.test"),
                                  srv("b.corp.test", "kms1.corp.test"), healthy[1]}));
    CHECK(done.evidence.alias == "b.corp.test");
    CHECK(done.evidence.records.size() == 1);
}

TEST_CASE("srv check: aliases in a circle end", "[srv_check]") {
    const Records circle = {alias(service, "a.corp.test"), alias("a.corp.test", service)};
    CHECK(check(zone(circle)).evidence.records.empty());
    const auto target = check(
        zone({srv(service, "a.corp.test"), alias("a.corp.test", "b.corp.test"), alias("b.corp.test", "a.corp.test")}));
    CHECK(target.evidence.targets.at(0).addresses.empty());
    CHECK(target.evidence.targets.at(0).alias_of);
}

TEST_CASE("srv check: a target that is an alias has the addresses of its end", "[srv_check]") {
    const auto done =
        check(zone({srv(service, "old.corp.test"), alias("old.corp.test", "kms1.corp.test"), healthy[1]}));
    CHECK(done.evidence.targets.at(0).alias_of == "kms1.corp.test");
    CHECK(done.evidence.targets.at(0).addresses.size() == 1);
}

TEST_CASE("srv check: records of other names than the one that was asked for do not count", "[srv_check]") {
    const auto done = check([](const DnsQuery& query) {
        return query.type == dns::type::srv ? answer(query, {srv("other.test", "rogue.test"), healthy[0]})
                                            : answer(query, {address("rogue.test", "192.0.2.66"), healthy[1]});
    });
    REQUIRE(done.evidence.records.size() == 1);
    CHECK(done.evidence.records[0].target == "kms1.corp.test");
    CHECK(done.evidence.targets.at(0).addresses == std::vector{*IpAddress::parse("192.0.2.11")});
}

TEST_CASE("srv check: the answer to another question is none", "[srv_check]") {
    const auto done = check([](const DnsQuery& query) {
        auto message = zone_answer(query, healthy);
        message.questions[0].name = name("other.test");
        return message;
    });
    CHECK_FALSE(done.evidence.answer);
    CHECK(done.decisive().end == DnsEnd::malformed);
}

TEST_CASE("srv check: a target that is the service name is looked up like another", "[srv_check]") {
    const auto done = check(zone({srv(service, service)}));
    CHECK(done.evidence.replies.size() == 1);
    REQUIRE(done.evidence.targets.size() == 1);
    CHECK(done.evidence.targets[0].replies.size() == 2);
}

TEST_CASE("srv check: '.' is not looked up, and one name in two cases once", "[srv_check]") {
    const auto none = check(zone({srv(service, ".")}));
    CHECK(none.evidence.targets.empty());
    CHECK(none.evidence.records.at(0).target == ".");
    const auto twice = check(zone({healthy[0], srv(service, "KMS1.corp.TEST"), healthy[1]}));
    CHECK(twice.evidence.records.size() == 2);
    CHECK(twice.evidence.targets.size() == 1);
    for (const auto& record : twice.evidence.records)
        CHECK(find_target(twice.evidence, record.target) == &twice.evidence.targets[0]);
    CHECK(find_target(twice.evidence, "kms2.corp.test") == nullptr);
}

TEST_CASE("srv check: of very many targets some are followed, and the rest is counted", "[srv_check]") {
    Records many;
    for (int i = 0; i < 200; ++i) many.push_back(srv(service, "kms" + std::to_string(i) + ".corp.test"));
    const auto done = check(zone(many));
    CHECK(done.evidence.records.size() == 200);
    CHECK(done.evidence.targets.size() == max_followed_count);
    CHECK(done.evidence.unfollowed_count == 200 - max_followed_count);
}

TEST_CASE("srv check: of very many addresses a bounded number is kept", "[srv_check]") {
    Records many = {healthy[0]};
    for (int i = 0; i < 200; ++i) many.push_back(address("kms1.corp.test", "192.0.2." + std::to_string(i)));
    CHECK(check(zone(many)).evidence.targets.at(0).addresses.size() == max_followed_count);
}

TEST_CASE("srv check: where there is no record, names that are nearly right are tried", "[srv_check]") {
    const auto done = check(zone({srv("_vmlcs._tcp.corp.test", "kms1.corp.test")}));
    std::vector<std::string> found;
    for (const auto& probe : done.evidence.probes) {
        CHECK(probe.kind == SrvProbeName::Kind::near_miss);
        if (probe.found) found.push_back(probe.name);
    }
    CHECK(found == std::vector<std::string>{"_vmlcs._tcp.corp.test"});
    CHECK(done.evidence.probes.size() == 8);
}

TEST_CASE("srv check: where there is no record, parents and other domains are asked, each once and a bounded number",
          "[srv_check]") {
    const auto names = [](const Checked& done) {
        std::vector<std::string> out;
        for (const auto& probe : done.evidence.probes)
            if (probe.kind == SrvProbeName::Kind::other_domain) out.push_back(probe.name + (probe.found ? "!" : ""));
        return out;
    };
    using Names = std::vector<std::string>;
    SrvCheckSettings settings{.servers = {}, .other_domains = {"HOST.test", "b.c.test", "host.test", "a.b.c.test"}};
    const DnsWorld world = zone({srv("_vlmcs._tcp.c.test", "kms1.c.test")});
    const auto done = check(world, settings, "a.b.c.test");
    CHECK(names(done) == Names{"_vlmcs._tcp.b.c.test", "_vlmcs._tcp.c.test!", "_vlmcs._tcp.HOST.test"});
    for (const auto& probe : done.evidence.probes)
        if (probe.found) CHECK(probe.target == "kms1.c.test:1688");
    CHECK(names(check(world, {}, "test")).empty());
    CHECK(names(check(world, {.servers = {}, .extras = false}, "a.b.c.test")).empty());
    for (int i = 0; i < 50; ++i) settings.other_domains.push_back("d" + std::to_string(i) + ".test");
    CHECK(names(check(world, settings, "1.2.3.4.5.6.7.8.9.test")).size() == max_parent_count + max_other_domain_count);
}

TEST_CASE("srv check: where there is one, a wildcard shows at a name that nobody has published", "[srv_check]") {
    const auto wild = check([](const DnsQuery& query) {
        return query.type == dns::type::srv ? answer(query, {srv(query.name, "kms1.corp.test")})
                                            : zone_answer(query, healthy);
    });
    REQUIRE(wild.evidence.probes.size() == 1);
    CHECK(wild.evidence.probes[0].name == "_kms-check-5a5a5a5a5a5a5a5a._tcp.corp.test");
    CHECK(wild.evidence.probes[0].found);
    CHECK_FALSE(check(zone(healthy)).evidence.probes.at(0).found);
}

TEST_CASE("srv check: the address of a target is asked of the next server when the first fails", "[srv_check]") {
    const auto done = check([](const DnsQuery& query) {
        const bool fails = query.type != dns::type::srv && query.server == first;
        return fails ? answer(query, {}, dns::rcode::server_failure) : zone_answer(query, healthy);
    });
    CHECK(done.evidence.targets.at(0).addresses.size() == 2);
    CHECK(done.evidence.targets.at(0).replies.size() == 4);
}

TEST_CASE("srv check: a target that does not exist is missing, one without address is not", "[srv_check]") {
    CHECK(check(zone({healthy[0]})).evidence.targets.at(0).missing);
    const auto empty = check(zone({healthy[0], srv("kms1.corp.test", "x.test")}));
    CHECK_FALSE(empty.evidence.targets.at(0).missing);
    CHECK(empty.evidence.targets.at(0).addresses.empty());
}

}  // namespace
}  // namespace diag::test
