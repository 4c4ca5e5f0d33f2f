#include "libdiag/check/srv_findings.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "libdiag/check/client_search.h"
#include "libdiag/check/dns_text.h"
#include "libdiag/check/publish_findings.h"
#include "libdiag/check/rules.h"
#include "libdiag/check/zone_findings.h"
#include "tests/session/dns_world.h"

// Each rule about what is published fires in one case, and not in a case beside it that differs in the one thing that counts.

namespace diag::test {
namespace {

using namespace session;
using Records = std::vector<dns::Record>;

constexpr std::string_view service = "_vlmcs._tcp.corp.test";
const Endpoint first = server("192.0.2.53"), second = server("192.0.2.54");
const dns::Record host1 = srv(service, "kms1.corp.test"), host2 = srv(service, "kms2.corp.test");
const dns::Record a1 = address("kms1.corp.test", "192.0.2.11"), a2 = address("kms2.corp.test", "192.0.2.12");
const Records healthy = {host1, a1};

struct World {
    DnsWorld answers;
    bool every_server = false;
    Endpoint resolver = first;
    std::vector<check::ExpectedHost> expected = {};
};

World zone(Records records) {
    return {.answers = [records = std::move(records)](const DnsQuery& query) { return zone_answer(query, records); }};
}

// Over TCP nothing comes.
World over_udp(std::uint16_t flags, bool has_part = false) {
    return {.answers = [flags, has_part](const DnsQuery& query) -> std::optional<dns::Message> {
        if (query.transport == DnsTransport::tcp) return std::nullopt;
        auto message = zone_answer(query, healthy);
        if (query.type == dns::type::srv) {
            message.header.flags |= flags;
            if (flags != 0 && !has_part) message.answers.clear();
        }
        return message;
    }};
}

World failing(std::uint16_t rcode) {
    return {.answers = [rcode](const DnsQuery& query) { return answer(query, {}, rcode); }};
}

// The servers know different zones.
World two(Records of_first, Records of_second, bool every_server = true) {
    return {.answers =
                [=](const DnsQuery& query) { return zone_answer(query, query.server == first ? of_first : of_second); },
            .every_server = every_server};
}

World first_fails(std::uint16_t rcode) {
    return {.answers = [rcode](const DnsQuery& query) {
        return query.server == first && rcode != 0 ? answer(query, {}, rcode) : zone_answer(query, healthy);
    }};
}

World expecting(Records records, std::vector<check::ExpectedHost> hosts) {
    World world = zone(std::move(records));
    world.expected = std::move(hosts);
    return world;
}

World asked_at(std::string_view resolver, Records records) {
    World world = zone(std::move(records));
    world.resolver = server(resolver);
    return world;
}

dns::Record with(dns::Srv data, std::uint32_t ttl = 3600, std::string_view host = "kms1.corp.test") {
    return srv(service, host, data, ttl);
}

struct Case {
    std::string_view id;
    std::uint32_t windows_code,
        inner_code;  // knowledge of Windows: the errors table, and which codes each mistake shows
    World fires, neighbour;
};

constexpr std::uint32_t summary = 0xC004F074, unavailable = 0x800706BA;

const std::vector<Case>& cases() {
    static const std::vector<Case> all = {
        {"KMS-DNS-NO-RECORD", 0x8007232B, 0, zone({a1}), zone(healthy)},
        {"KMS-DNS-NO-RECORD", 0x8007251D, 0, zone({alias("x.test", "y.test"), address(service, "192.0.2.1")}),
         zone(healthy)},
        {"KMS-DNS-NO-RECORD", 0x8007232B, 0, zone({srv(service, ".", {})}), zone({srv(service, ".", {}), host1, a1})},
        {"KMS-DNS-SERVER-FAILURE", 0x8007232A, 0, failing(dns::rcode::server_failure), zone(healthy)},
        {"KMS-DNS-REFUSED", 0x8007232D, 0, failing(dns::rcode::refused), failing(dns::rcode::server_failure)},
        {"KMS-DNS-NO-ANSWER", 0x8007232A, 0, {.answers = [](const DnsQuery&) { return std::nullopt; }}, zone(healthy)},
        {"KMS-DNS-TCP-BLOCKED", 0x8007232A, 0, over_udp(dns::flag::tc), over_udp(0)},
        {"KMS-DNS-TCP-BLOCKED", 0x8007232A, 0, over_udp(dns::flag::tc, true), over_udp(0)},
        {"KMS-DNS-SERVERS-DIFFER", 0, 0, two(healthy, {host1, host2, a1, a2}), two(healthy, healthy)},
        {"KMS-DNS-SERVER-SKIPPED", 0, 0, first_fails(dns::rcode::refused), first_fails(0)},
        {"KMS-SRV-NEAR-MISS", 0x8007232B, 0, zone({srv("_vlmcs._udp.corp.test", "kms1.corp.test")}),
         zone({srv("_ldap._tcp.corp.test", "kms1.corp.test")})},
        {"KMS-SRV-NEAR-MISS", 0x8007232B, 0, zone({srv(R"(_vlmcs\032._tcp.corp.test)", "kms1.corp.test")}), zone({})},
        {"KMS-SRV-NEAR-MISS", 0x8007232B, 0, zone({srv("_vlmcs._tcp.corp.test.corp.test", "kms1.corp.test")}),
         zone({})},
        {"KMS-SRV-NEAR-MISS", 0x8007251D, 0,
         zone({srv("_vlmcs._udp.corp.test", "kms1.corp.test"), address(service, "192.0.2.1")}),
         zone({address(service, "192.0.2.1")})},
        {"KMS-SRV-OTHER-DOMAIN", 0x8007232B, 0,
         expecting({srv("_vlmcs._tcp.host.test", "kms1.host.test")}, {{"kms1.host.test", {}}}),
         expecting({srv("_vlmcs._tcp.host.test", "kms1.host.test")}, {{"kms1.else.test", {}}})},
        {"KMS-SRV-OTHER-DOMAIN", 0x8007251D, 0,
         expecting({srv("_vlmcs._tcp.host.test", "kms1.host.test"), address(service, "192.0.2.1")},
                   {{"kms1.host.test", {}}}),
         expecting({srv("_vlmcs._tcp.host.test", ".", {}), address(service, "192.0.2.1")}, {{"kms1.host.test", {}}})},
        {"KMS-SRV-TARGET-NO-ADDRESS", summary, unavailable, zone({host1}), zone({host1, a1})},
        {"KMS-SRV-TARGET-DEAD", 0, 0, zone({host1, host2, a1}), zone({host1, host2, a1, a2})},
        {"KMS-SRV-TARGET-DEAD", 0, 0, zone({srv(service, "192.0.2.11"), host1, a1}),
         zone({srv(service, "192.0.2.11"), host1})},
        {"KMS-SRV-TARGET-DEAD", 0, 0, zone({with({.port = 0}), host2, a1, a2}), zone({with({.port = 0}), a1})},
        {"KMS-SRV-TARGET-LITERAL", summary, unavailable, zone({srv(service, "192.0.2.11")}),
         zone({srv(service, "192.corp.test"), address("192.corp.test", "192.0.2.11")})},
        {"KMS-SRV-TARGET-ALIAS", 0, 0, zone({host1, alias("kms1.corp.test", "kms2.corp.test"), a2}), zone(healthy)},
        {"KMS-SRV-TARGET-OUTSIDE", 0, 0,
         zone({srv(service, "kms.notcorp.test"), address("kms.notcorp.test", "192.0.2.1")}),
         zone({srv(service, "KMS.sub.CORP.test"), address("kms.sub.corp.test", "192.0.2.1")})},
        {"KMS-SRV-NAME-ALIAS", 0, 0, zone({alias(service, "s.corp.test"), srv("s.corp.test", "kms1.corp.test"), a1}),
         zone(healthy)},
        {"KMS-SRV-PORT-ZERO", summary, unavailable, zone({with({.port = 0}), a1}), zone({with({.port = 1}), a1})},
        {"KMS-SRV-PORT", 0, 0, zone({with({.port = 1689}), a1}), zone(healthy)},
        {"KMS-SRV-DUPLICATE", 0, 0, zone({host1, with({.port = 1689}, 3600, "KMS1.corp.test"), a1}),
         zone({host1, host2, a1, a2})},
        {"KMS-SRV-UNUSED", 0, 0, zone({host1, with({.priority = 1, .port = 1688}, 3600, "kms2.corp.test"), a1, a2}),
         zone({host1, host2, a1, a2})},
        {"KMS-SRV-UNUSED", 0, 0,
         zone({with({.weight = 100, .port = 1688}), with({.weight = 0, .port = 1688}, 3600, "kms2.corp.test"), a1, a2}),
         zone(
             {with({.weight = 90, .port = 1688}), with({.weight = 10, .port = 1688}, 3600, "kms2.corp.test"), a1, a2})},
        {"KMS-SRV-TTL", 0, 0, zone({with({.port = 1688}, 0), a1}), zone({with({.port = 1688}, 1), a1})},
        {"KMS-SRV-TTL", 0, 0, zone({with({.port = 1688}, 604801), a1}), zone({with({.port = 1688}, 604800), a1})},
        {"KMS-SRV-WILDCARD",
         0,
         0,
         {.answers =
              [](const DnsQuery& query) {
                  return query.type == dns::type::srv ? answer(query, {srv(query.name, "kms1.corp.test")})
                                                      : zone_answer(query, healthy);
              }},
         zone(healthy)},
        {"KMS-SRV-PRIVATE-ADDRESS", 0, 0, asked_at("8.8.8.8", {host1, address("kms1.corp.test", "10.0.0.1")}),
         asked_at("10.0.0.53", {host1, address("kms1.corp.test", "10.0.0.1")})},
        {"KMS-SRV-PRIVATE-ADDRESS", 0, 0, asked_at("8.8.8.8", {host1, address("kms1.corp.test", "172.31.0.1")}),
         asked_at("8.8.8.8", {host1, address("kms1.corp.test", "172.32.0.1")})},
        {"KMS-SRV-PRIVATE-ADDRESS", 0, 0, asked_at("2001:db8::53", {host1, address("kms1.corp.test", "fd00::1")}),
         asked_at("2001:db8::53", {host1, address("kms1.corp.test", "2001:db8::1")})},
        {"KMS-SRV-UNAUTHORISED", 0, 0, expecting({host1, host2, a1, a2}, {{"kms1.corp.test", {}}}),
         expecting({host1, a1}, {{"KMS1.corp.test", 1688}})},
        {"KMS-SRV-UNAUTHORISED", 0, 0, expecting(healthy, {{"kms1.corp.test", 1689}}),
         expecting(healthy, {{"kms1.corp.test", 1688}})},
        {"KMS-SRV-NOT-PUBLISHED", 0, 0, expecting(healthy, {{"kms1.corp.test", {}}, {"kms2.corp.test", {}}}),
         expecting(healthy, {{"kms1.corp.test", {}}})},
    };
    return all;
}

std::vector<check::Finding> findings_of(const World& world) {
    SrvCheckSettings settings{.servers = {world.resolver, second}, .every_server = world.every_server};
    for (const auto& host : world.expected) settings.other_domains.push_back(host.name.substr(host.name.find('.') + 1));
    SrvCheck check{"corp.test", settings, [](std::span<std::uint8_t> out) { std::ranges::fill(out, 1); }};
    run(check, world.answers);
    return check::check_srv(check.evidence(), world.expected);
}

const check::Finding* find(const std::vector<check::Finding>& findings, std::string_view id) {
    const auto found = std::ranges::find(findings, id, [](const auto& f) { return f.rule->id; });
    return found == findings.end() ? nullptr : &*found;
}

TEST_CASE("srv findings: each rule fires in its case with its codes, and not in the case beside it", "[check][srv]") {
    for (std::size_t i = 0; i < cases().size(); ++i) {
        const Case& c = cases()[i];
        CAPTURE(i, c.id);
        const auto findings = findings_of(c.fires);
        const auto* finding = find(findings, c.id);
        REQUIRE(finding != nullptr);
        CHECK(finding->target == "corp.test");
        CHECK(finding->shown_windows_code() == c.windows_code);
        CHECK(finding->shown_inner_code() == c.inner_code);
        CHECK(finding->likely_cause < finding->rule->causes.size());
        CHECK(finding->likely_remedy < finding->rule->remedy.size());
        CHECK(find(findings_of(c.neighbour), c.id) == nullptr);
    }
}

TEST_CASE("srv findings: one sound host has none, and the worst comes first", "[check][srv]") {
    CHECK(findings_of(zone(healthy)).empty());
    const auto many = findings_of(zone({with({.port = 0}, 0), a1}));
    CHECK(many.size() > 1);
    CHECK(std::ranges::is_sorted(many, std::ranges::greater{}, [](const auto& f) { return f.rule->severity; }));
    CHECK(many.front().rule->id == "KMS-SRV-PORT-ZERO");
}

TEST_CASE("srv findings: a blank that nobody sees is said", "[check][srv]") {
    const auto has_blank = [](const check::Finding& finding) {
        return std::ranges::any_of(finding.evidence,
                                   [](const auto& line) { return line.find("blank") != std::string::npos; });
    };
    const auto owner = findings_of(zone({srv(R"(_vlmcs._tcp\032.corp.test)", "kms1.corp.test")}));
    CHECK(has_blank(*find(owner, "KMS-SRV-NEAR-MISS")));
    const auto target = findings_of(zone({srv(service, R"(kms1.corp.test\032)"), a1}));
    CHECK(has_blank(*find(target, "KMS-SRV-TARGET-NO-ADDRESS")));
    CHECK_FALSE(has_blank(*find(findings_of(zone({host1})), "KMS-SRV-TARGET-NO-ADDRESS")));
}

TEST_CASE("srv findings: a private address says for whom it was taken to be published", "[check][srv]") {
    const auto findings = findings_of(asked_at("8.8.8.8", {host1, address("kms1.corp.test", "10.0.0.1")}));
    CHECK(find(findings, "KMS-SRV-PRIVATE-ADDRESS")->evidence.back().find("taken for public") == 0);
}

TEST_CASE("srv findings: records beside NXDOMAIN are none", "[check][srv]") {
    const World contradicting{.answers = [](const DnsQuery& query) { return answer(query, {host1}, 3); }};
    CHECK(find(findings_of(contradicting), "KMS-DNS-NO-RECORD") != nullptr);
}

TEST_CASE("srv findings: a record of another name is no misspelt one", "[check][srv]") {
    const World stranger{.answers = [](const DnsQuery& query) {
        if (query.name == "_vlmcs._tcp.corp.test") return answer(query, {}, 3);
        return answer(query, {srv("_other._tcp.else.test", "kms1.corp.test")});
    }};
    CHECK(find(findings_of(stranger), "KMS-SRV-NEAR-MISS") == nullptr);
    const World aliased = zone({alias("_vlmcs._udp.corp.test", "a.corp.test"), srv("a.corp.test", "kms1.corp.test")});
    CHECK(find(findings_of(aliased), "KMS-SRV-NEAR-MISS") != nullptr);
}

TEST_CASE("srv findings: where there is no record at all, an expected host is not missed as well", "[check][srv]") {
    const auto findings = findings_of(expecting({}, {{"kms1.corp.test", {}}}));
    CHECK(find(findings, "KMS-DNS-NO-RECORD") != nullptr);
    CHECK(find(findings, "KMS-SRV-NOT-PUBLISHED") == nullptr);
}

TEST_CASE("srv findings: an address is missing in the family that was asked for", "[check][srv]") {
    const auto [v4, v6, said] = GENERATE(table<bool, bool, std::string>(
        {{true, false, "has no IPv4 address"}, {false, true, "has no IPv6 address"}, {true, true, "has no address"}}));
    const SrvCheckSettings settings{.servers = {first}, .v4 = v4, .v6 = v6};
    SrvCheck check{"corp.test", settings, [](std::span<std::uint8_t> out) { std::ranges::fill(out, 1); }};
    run(check, zone({host1, {.name = name("kms1.corp.test"), .type = dns::type::txt, .data = dns::RawData{}}}).answers);
    CHECK(find(check::check_srv(check.evidence(), {}), "KMS-SRV-TARGET-NO-ADDRESS")->title.ends_with(said));
}

TEST_CASE("srv findings: a given server that refuses is not one that is missing", "[check][srv]") {
    SrvEvidence evidence{.domain = "corp.test", .query = std::string{service}};
    DnsReply& reply = evidence.replies.emplace_back();
    reply.query.server = server("127.0.0.1");
    reply.end = DnsEnd::unreachable;
    CHECK(check::check_srv(evidence, {}).at(0).shown_windows_code() == 0x8007267C);
    evidence.servers_given = true;
    CHECK(check::check_srv(evidence, {}).at(0).shown_windows_code() != 0x8007267C);
}

TEST_CASE("srv findings: a single label leaks unless a server has its zone", "[check][srv]") {
    struct Row {
        std::string_view domain;
        std::optional<std::string> soa;  // of the zone that answers
        bool leaks;
        bool is_authoritative = false;
    };
    const Row rows[] = {{"workgroup", ".", true},
                        {"workgroup", std::nullopt, true},
                        {"workgroup", std::nullopt, false, true},
                        {"workgroup", "workgroup", false},
                        {"corp.test", ".", false}};
    for (const Row& row : rows) {
        CAPTURE(row.domain, row.soa.value_or("none"));
        const SrvCheckSettings settings{.servers = {first}};
        SrvCheck check{std::string{row.domain}, settings,
                       [](std::span<std::uint8_t> out) { std::ranges::fill(out, 1); }};
        run(check, [&](const DnsQuery& query) {
            auto message = answer(query, {}, dns::rcode::name_error);
            if (row.is_authoritative) message.header.flags |= dns::flag::aa;
            if (row.soa)
                message.authorities.push_back({.name = name(*row.soa),
                                               .type = dns::type::soa,
                                               .ttl = 5,
                                               .data = dns::Soa{.mname = name("a.test"), .rname = name("b.test")}});
            return message;
        });
        const auto findings = check::check_srv(check.evidence(), {});
        CHECK((find(findings, "KMS-SRV-SINGLE-LABEL") != nullptr) == row.leaks);
        CHECK(findings.front().rule->id == "KMS-DNS-NO-RECORD");
    }
}

TEST_CASE("srv findings: an answer that cannot be read says what is wrong with it", "[check][srv]") {
    struct Row {
        std::size_t size;  // of the answer, which is cut there
        std::uint8_t first_label_size;
        std::string_view problem;
    };
    // Header of 12 bytes, then the question: _vlmcs is 6 long; 0x80 is no length (RFC 1035 4.1.4).
    const Row rows[] = {{5, 6, "it ends too soon at byte "},
                        {20, 6, "it ends too soon at byte 20"},
                        {1000, 0x80, "broken at byte "},
                        {1000, 5, "at byte "}};
    for (const Row& row : rows) {
        CAPTURE(row.size, row.first_label_size);
        DnsReply reply;
        reply.query = {.server = first, .name = std::string{service}};
        auto bytes = dns::encode_message(answer(reply.query, {host1})).value();
        bytes[dns::header_size] = row.first_label_size;
        bytes.resize(std::min(bytes.size(), row.size));
        take_answer(reply, std::move(bytes));
        REQUIRE(reply.end == DnsEnd::malformed);
        CHECK(check::failure_text(reply).find(row.problem) != std::string::npos);
        SrvEvidence evidence;
        evidence.domain = "corp.test";
        evidence.query = service;
        evidence.replies.push_back(std::move(reply));
        const auto findings = check::check_srv(evidence, {});
        CHECK(find(findings, "KMS-DNS-SERVER-FAILURE")->evidence.at(0).find(row.problem) != std::string::npos);
    }
    DnsReply other;
    other.query = {.server = first, .name = "other.test"};
    take_answer(other, dns::encode_message(answer({.name = std::string{service}}, {host1})).value());
    CHECK(check::failure_text(other) == "an answer that cannot be read (it answers another question)");
}

TEST_CASE("srv findings: a domain that stands twice in a target points to the missing dot", "[check][srv]") {
    const auto findings = findings_of(zone({srv(service, "kms1.corp.test.corp.test")}));
    const auto* finding = find(findings, "KMS-SRV-TARGET-NO-ADDRESS");
    REQUIRE(finding != nullptr);
    CHECK(finding->likely_cause == 1);
    CHECK(finding->evidence.back().find("final dot") != std::string::npos);
    CHECK(find(findings_of(zone({host1})), "KMS-SRV-TARGET-NO-ADDRESS")->likely_cause == 0);
}

TEST_CASE("srv findings: a closed port of this machine means no server, one elsewhere a server that does not answer",
          "[check][srv]") {
    const auto [at, code] = GENERATE(table<std::string, std::uint32_t>({
        {"127.0.0.1", 0x8007267C},
        {"::1", 0x8007267C},
        {"192.0.2.53", 0x8007232A},
        {"128.0.0.1", 0x8007232A},
    }));
    CAPTURE(at);
    SrvEvidence evidence{.domain = "corp.test", .query = std::string{service}};
    DnsReply& reply = evidence.replies.emplace_back();
    reply.query = {.server = server(at), .name = evidence.query};
    reply.end = DnsEnd::unreachable;
    const auto findings = check::check_srv(evidence, {});
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].rule->id == "KMS-DNS-NO-ANSWER");
    CHECK(findings[0].shown_windows_code() == code);
    reply.end = DnsEnd::no_answer;  // somebody is there, and silent
    CHECK(check::check_srv(evidence, {}).at(0).shown_windows_code() == 0x8007232A);
}

ZoneEvidence zone_evidence(std::uint32_t second_serial, bool second_aa, std::string_view second_target) {
    ZoneEvidence evidence{.domain = "corp.test", .query = std::string{service}, .zone = "corp.test"};
    for (const Endpoint& at : {first, second}) {
        const bool is_first = at == first;
        const auto reply = [&](std::uint16_t type, dns::Record record) {
            const DnsQuery query{
                .server = at, .name = type == dns::type::soa ? "corp.test" : std::string{service}, .type = type};
            const std::uint16_t flags = is_first || second_aa ? dns::flag::aa : std::uint16_t{0};
            return reply_of(query, [&](const DnsQuery& q) { return answer(q, {record}, flags); });
        };
        const std::uint32_t serial = is_first ? 7 : second_serial;
        NameServer& one = evidence.servers.emplace_back();
        one.name = "ns.corp.test";
        one.endpoint = at;
        one.serial = reply(dns::type::soa, {.name = name("corp.test"),
                                            .type = dns::type::soa,
                                            .data = dns::Soa{.mname = name("ns.corp.test"), .serial = serial}});
        one.service = reply(dns::type::srv, srv(service, is_first ? "kms1.corp.test" : second_target));
    }
    return evidence;
}

std::set<std::string_view> ids_of(const std::vector<check::Finding>& findings) {
    std::set<std::string_view> ids;
    for (const auto& finding : findings) ids.insert(finding.rule->id);
    return ids;
}

using Ids = std::set<std::string_view>;

TEST_CASE("zone findings: lame servers, serials and record sets are told apart", "[check][srv]") {
    CHECK(ids_of(check::check_zone(zone_evidence(7, true, "kms1.corp.test"))).empty());
    CHECK(ids_of(check::check_zone(zone_evidence(8, true, "kms1.corp.test"))) == Ids{"KMS-DNS-SERIALS"});
    CHECK(ids_of(check::check_zone(zone_evidence(7, true, "kms2.corp.test"))) == Ids{"KMS-DNS-SERVERS-DIFFER"});
    // What a lame server says besides does not count.
    CHECK(ids_of(check::check_zone(zone_evidence(8, false, "kms2.corp.test"))) == Ids{"KMS-DNS-LAME"});
    auto missing = zone_evidence(7, true, "kms1.corp.test");
    missing.missing_servers.emplace_back("ns3.corp.test");
    CHECK(ids_of(check::check_zone(missing)) == Ids{"KMS-DNS-LAME"});
}

TEST_CASE("zone findings: names in another case are the same record", "[check][srv]") {
    CHECK(ids_of(check::check_zone(zone_evidence(7, true, "KMS1.Corp.test"))).empty());
}

TEST_CASE("zone findings: the way of updates needs an address, UDP and TCP; any answer will do", "[check][srv]") {
    const DnsQuery query{.server = first, .name = "corp.test", .type = dns::type::soa};
    ZoneEvidence evidence{.domain = "corp.test", .zone = "corp.test", .primary = "ns1.corp.test"};
    evidence.update_path.push_back(reply_of(query, [](const auto& q) { return answer(q, {}, dns::rcode::refused); }));
    CHECK(check::check_zone(evidence).empty());
    evidence.has_lost_primary = true;
    CHECK(ids_of(check::check_zone(evidence)) == Ids{"KMS-DNS-UPDATE-UNREACHABLE"});
    evidence.has_lost_primary = false;
    evidence.update_path.push_back(reply_of(query, [](const auto&) { return std::nullopt; }));
    CHECK(ids_of(check::check_zone(evidence)) == Ids{"KMS-DNS-UPDATE-UNREACHABLE"});
}

TEST_CASE("update findings: only what would be done is one, with both messages as evidence", "[check][srv]") {
    using Kind = UpdateTestStep::Kind;
    UpdateTestEvidence evidence{.name = name("corp.test"),
                                .unused = name("_kms-check-1.corp.test"),
                                .zone = name("corp.test"),
                                .primary = name("ns1.corp.test")};
    const DnsOutcome done{.end = DnsExchangeEnd::answered, .server = first};
    DnsOutcome not_done = done;
    not_done.rcode = dns::rcode::refused;
    CHECK(check::check_update_test(evidence, "corp.test").empty());
    evidence.steps = {{.kind = Kind::prerequisite, .outcome = done}};
    CHECK(check::check_update_test(evidence, "corp.test").empty());
    evidence.steps.push_back({.kind = Kind::deletion, .outcome = not_done});
    CHECK(check::check_update_test(evidence, "corp.test").empty());
    evidence.steps[1].outcome = done;
    const auto findings = check::check_update_test(evidence, "corp.test");
    REQUIRE(ids_of(findings) == Ids{"KMS-DNS-UPDATE-OPEN"});
    CHECK(findings[0].title == "ns1.corp.test takes unsigned updates of corp.test from this machine");
    REQUIRE(findings[0].evidence.size() == 2);
    CHECK(findings[0].evidence[0].find("_kms-check-1.corp.test is not in use") != std::string::npos);
    CHECK(findings[0].evidence[1].find("NOERROR from 192.0.2.53:53 over udp") != std::string::npos);
}

TEST_CASE("publication findings: a failure counts, a success only without its record", "[check][srv]") {
    const SrvCheckSettings settings{.servers = {first}};
    SrvCheck check{"corp.test", settings, [](std::span<std::uint8_t> out) { std::ranges::fill(out, 1); }};
    run(check, zone(healthy).answers);
    windows::Publication publication{.domain = "corp.test", .computer = "KMS1", .succeeded = true};
    const auto ids = [&] { return ids_of(check::check_publication(publication, check.evidence())); };
    CHECK(ids().empty());
    publication.computer = "kms2.corp.test";
    CHECK(ids() == Ids{"KMS-EVENT-NOT-IN-DNS"});
    publication.computer.clear();  // nobody can say whose record is missing
    CHECK(ids().empty());
    publication.succeeded = false;
    publication.hresult = 0x80072338;
    CHECK(ids() == Ids{"KMS-EVENT-PUBLISH-FAILED"});
    const auto findings = check::check_publication(publication, check.evidence());
    CHECK(findings.at(0).evidence.at(0).find("0x80072338") != std::string::npos);
}

TEST_CASE("srv findings: what fails for a domain is a warning where a later one has the record, and nothing else is",
          "[check][srv]") {
    const auto* const rule = GENERATE(&check::rule::dns_server_failure, &check::rule::dns_refused,
                                      &check::rule::dns_no_answer, &check::rule::dns_tcp_blocked);
    std::vector<check::Finding> findings{
        {.rule = rule, .target = "bad.test", .title = "what failed", .evidence = {"seen"}, .packets = {3, 4}},
        {.rule = &check::rule::srv_unauthorised, .target = "bad.test", .title = "t", .evidence = {}, .packets = {}}};
    findings.front().windows_code = 0x8007267C;
    check::pass_over(findings, "good.test");
    CHECK(ids_of(findings) == Ids{"KMS-DNS-SUFFIX-FAILED", "KMS-SRV-UNAUTHORISED"});
    const check::Finding& warning = findings.front();
    CHECK(warning.rule->severity == check::Severity::warning);
    CHECK(warning.shown_windows_code() == 0);
    CHECK(warning.target == "bad.test");
    CHECK(warning.title == "DNS fails for bad.test; good.test has the record");
    CHECK(warning.evidence == std::vector<std::string>{std::string{rule->id} + ": what failed", "seen"});
    CHECK(warning.packets == std::vector<std::uint64_t>{3, 4});
}

TEST_CASE("srv findings: the cases here cover every rule about publication", "[check][srv]") {
    // The cases of whole zones, of events and of a later domain above.
    std::set<std::string_view> covered{
        "KMS-DNS-LAME",         "KMS-DNS-SERIALS",     "KMS-DNS-UPDATE-UNREACHABLE", "KMS-EVENT-PUBLISH-FAILED",
        "KMS-EVENT-NOT-IN-DNS", "KMS-DNS-UPDATE-OPEN", "KMS-SRV-SINGLE-LABEL",       "KMS-DNS-SUFFIX-FAILED"};
    for (const Case& c : cases()) covered.insert(c.id);
    for (const check::Rule* rule : check::all_rules()) {
        constexpr std::string_view families[] = {"KMS-DNS-", "KMS-SRV-", "KMS-EVENT-"};
        if (std::ranges::none_of(families, [&](auto family) { return rule->id.starts_with(family); })) continue;
        if (std::ranges::count(check::event_rules(), rule) != 0) continue;
        INFO(rule->id);
        CHECK(covered.contains(rule->id));
    }
}

}  // namespace
}  // namespace diag::test
