// What is said of a target with all its addresses: each rule fires in one case, and not in its healthy neighbour.
#include "libdiag/check/target_findings.h"

#include <catch2/catch.hpp>

#include "libdiag/check/rules.h"

using namespace diag;
using namespace diag::check;
using session::ConnectEnd;

namespace {

Endpoint endpoint(std::string_view ip, std::uint16_t port) { return {*IpAddress::parse(ip), port}; }

Finding failure(const Rule& rule) {
    return {.rule = &rule,
            .target = "192.0.2.10:1688",
            .title = "what failed",
            .evidence = {"what was seen"},
            .packets = {}};
}

AddressEvidence address(std::size_t attempts, std::size_t failed, const Rule& rule = rule::connect_no_answer) {
    AddressEvidence evidence{.endpoint = endpoint("192.0.2.10", 1688),
                             .local = endpoint("192.0.2.77", 40'000),
                             .attempt_count = attempts,
                             .failed_count = failed,
                             .findings = {},
                             .mapper_connect = {},
                             .sizes = {}};
    if (failed > 0) evidence.findings.push_back(failure(rule));
    return evidence;
}

std::vector<Finding> judged(const std::vector<AddressEvidence>& addresses) {
    return check_target("kms.example.test:1688", std::nullopt, addresses);
}

std::vector<std::string> ids_of(const std::vector<Finding>& findings) {
    std::vector<std::string> ids;
    for (const Finding& finding : findings) ids.emplace_back(finding.rule->id);
    return ids;
}

bool has_line(const std::vector<std::string>& lines, std::string_view part) {
    return std::ranges::any_of(lines, [&](const auto& line) { return line.find(part) != std::string::npos; });
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("target: an address that works has no finding", "[check]") {
    CHECK(judged({address(1, 0)}).empty());
    CHECK(judged({address(10, 0), address(10, 0)}).empty());
}

TEST_CASE("target: what an address that works says is passed on", "[check]") {
    auto evidence = address(1, 0);
    evidence.findings.push_back(failure(rule::lab_keys_refused));
    CHECK(ids_of(judged({evidence})) == Ids{"KMS-LAB-KEYS-REFUSED"});
}

TEST_CASE("target: some attempts that fail are a warning, all of them the failure itself", "[check]") {
    const auto some = judged({address(10, 3)});
    REQUIRE(ids_of(some) == Ids{"KMS-CONNECT-UNSTABLE"});
    CHECK(some[0].rule->severity == Severity::warning);
    CHECK(some[0].title == "3 of 10 attempts to use 192.0.2.10:1688 failed");
    CHECK(has_line(some[0].evidence, "KMS-CONNECT-NO-ANSWER: what failed"));
    CHECK(has_line(some[0].evidence, "what was seen"));
    const auto all = judged({address(10, 10)});
    REQUIRE(ids_of(all) == Ids{"KMS-CONNECT-NO-ANSWER"});
    CHECK(has_line(all[0].evidence, "all 10 attempts failed"));
    CHECK_FALSE(has_line(judged({address(1, 1)})[0].evidence, "attempts failed"));
}

TEST_CASE("target: a dead address beside one that works is a warning, two dead ones are critical", "[check]") {
    auto other = address(1, 0);
    other.endpoint = endpoint("2001:db8::10", 1688);
    const auto one = judged({address(1, 1), other});
    REQUIRE(ids_of(one) == Ids{"KMS-ADDRESS-DEAD"});
    CHECK(one[0].title.find("192.0.2.10:1688") != std::string::npos);
    CHECK(one[0].target == "kms.example.test:1688");
    other.failed_count = 1;
    other.findings = {failure(rule::connect_refused)};
    CHECK(ids_of(judged({address(1, 1), other})) == Ids{"KMS-CONNECT-NO-ANSWER", "KMS-CONNECT-REFUSED"});
}

TEST_CASE("target: a host that answers by one IP version only is told from one with a dead address", "[check]") {
    const Rule* const rule = GENERATE(&rule::connect_refused, &rule::connect_no_answer);
    const auto with = [](std::string_view ip, AddressEvidence evidence) {
        evidence.endpoint = endpoint(ip, 1688);
        return evidence;
    };
    const auto dead = address(1, 1, *rule), good = address(1, 0);
    const auto only_v4 = judged({with("2001:db8::10", dead), with("192.0.2.10", good)});
    REQUIRE(ids_of(only_v4) == Ids{"KMS-ADDRESS-DEAD"});
    CHECK(has_line(only_v4[0].evidence, "answers by IPv4 (192.0.2.10:1688) and not by IPv6"));
    CHECK(has_line(only_v4[0].evidence, "nothing listens at that address") == (rule == &rule::connect_refused));
    CHECK(only_v4[0].likely_cause == 1);
    const auto only_v6 = judged({with("192.0.2.10", dead), with("2001:db8::10", good)});
    CHECK(has_line(only_v6.at(0).evidence, "answers by IPv6 ([2001:db8::10]:1688) and not by IPv4"));
    const auto same_version = judged({with("192.0.2.10", dead), with("192.0.2.11", good)});
    CHECK_FALSE(has_line(same_version.at(0).evidence, "answers by"));
    CHECK(same_version[0].likely_cause == 0);
    const auto both = judged({with("2001:db8::10", dead), with("2001:db8::11", good), with("192.0.2.10", good)});
    CHECK_FALSE(has_line(both.at(0).evidence, "answers by"));
}

TEST_CASE("target: a name without an address is the first of all", "[check]") {
    const session::NameEvidence name{
        .name = "kms.example.test", .end = session::NameEnd::not_found, .addresses = {}, .began = {}, .ended = {}};
    CHECK(ids_of(check_target("kms.example.test:1688", name, {})) == Ids{"KMS-NAME-NOT-FOUND"});
}

TEST_CASE("target: what a firewall can cause gets source, destination and port of the rule", "[check]") {
    for (const Rule* rule :
         {&rule::connect_no_answer, &rule::connect_rejected, &rule::connect_closed, &rule::bind_no_answer,
          &rule::bind_reset, &rule::request_no_answer, &rule::request_reset}) {
        CAPTURE(rule->id);
        const auto findings = judged({address(1, 1, *rule)});
        REQUIRE(findings.size() == 1);
        CHECK(has_line(findings[0].own_remedy, "allow TCP from 192.0.2.77 (any source port) to 192.0.2.10 port 1688"));
    }
    // A closed port and another program are not the firewall's doing.
    for (const Rule* rule : {&rule::connect_refused, &rule::bind_no_interface}) {
        CAPTURE(rule->id);
        CHECK(judged({address(1, 1, *rule)})[0].own_remedy.empty());
    }
}

TEST_CASE("target: where a router says that the host is unreachable no rule would help", "[check]") {
    auto evidence = address(1, 1, rule::connect_rejected);
    evidence.findings[0].likely_cause = 1;
    CHECK(judged({evidence})[0].own_remedy.empty());
}

TEST_CASE("target: without a source address the rule is for this machine", "[check]") {
    auto evidence = address(1, 1);
    evidence.local = {};
    CHECK(has_line(judged({evidence})[0].own_remedy, "from this machine (any source port)"));
}

TEST_CASE("target: the endpoint mapper tells a dead machine from a blocked port", "[check]") {
    auto evidence = address(1, 1);
    CHECK_FALSE(has_line(judged({evidence})[0].evidence, "TCP 135"));
    evidence.mapper_connect = ConnectEnd::no_answer;
    CHECK(has_line(judged({evidence})[0].evidence, "TCP 135 of 192.0.2.10: filtered as well"));
    evidence.mapper_connect = ConnectEnd::refused;
    CHECK(has_line(judged({evidence})[0].evidence, "something answers at this address"));
    evidence.mapper_connect = ConnectEnd::connected;
    CHECK(has_line(judged({evidence})[0].evidence, "no endpoint mapper"));
    evidence.mapper_bound = true;
    CHECK(has_line(judged({evidence})[0].evidence, "the machine is there and the KMS port is not"));
    // Of a host whose KMS port can be reached the mapper says nothing new.
    CHECK_FALSE(has_line(judged({[&] {
                             auto other = evidence;
                             other.findings = {failure(rule::bind_no_interface)};
                             return other;
                         }()})[0]
                             .evidence,
                         "TCP 135"));
}

TEST_CASE("target: long packets that are lost while short ones pass are a black hole", "[check]") {
    auto evidence = address(1, 0);
    evidence.sizes = {{.bind_size = 160, .packet_size = 212, .passed = true},
                      {.bind_size = 1220, .packet_size = 1272, .passed = true},
                      {.bind_size = 1340, .packet_size = 1392, .passed = false},
                      {.bind_size = 1460, .packet_size = 1512, .passed = false}};
    const auto findings = judged({evidence});
    REQUIRE(ids_of(findings) == Ids{"KMS-PATH-MTU"});
    CHECK(findings[0].title == "packets of more than 1272 bytes do not reach 192.0.2.10:1688");
    CHECK(has_line(findings[0].evidence, "a bind of 1340 bytes was not"));
}

TEST_CASE("target: sizes that all pass, that all fail, or that fail between others are none", "[check]") {
    const std::vector<std::vector<bool>> healthy{{}, {true}, {true, true, true}, {false, false}, {true, false, true}};
    for (const auto& passed : healthy) {
        auto evidence = address(1, 0);
        for (std::size_t i = 0; i < passed.size(); ++i)
            evidence.sizes.push_back({.bind_size = 160 + i, .packet_size = 212 + i, .passed = passed[i]});
        CHECK(judged({evidence}).empty());
    }
}

TEST_CASE("target: the most important comes first, and equals keep the order of the addresses", "[check]") {
    auto evidence = address(1, 1);
    evidence.findings = {failure(rule::lab_keys_refused), failure(rule::connect_refused), failure(rule::rpc_broken)};
    CHECK(ids_of(judged({evidence})) == Ids{"KMS-CONNECT-REFUSED", "KMS-RPC-BROKEN", "KMS-LAB-KEYS-REFUSED"});
}

TEST_CASE("target: only a critical finding is a failure", "[check]") {
    CHECK_FALSE(is_failure({}));
    CHECK_FALSE(is_failure({failure(rule::lab_keys_refused), failure(rule::rpc_broken)}));
    CHECK(is_failure({failure(rule::rpc_broken), failure(rule::connect_refused)}));
}

TEST_CASE("target: a host that is passed over for the next is a warning that says why", "[check]") {
    const Finding finding = skipped_host("kms1.example.test:1688", {failure(rule::connect_refused)});
    CHECK(finding.rule->id == "KMS-HOST-SKIPPED");
    CHECK(finding.rule->severity == Severity::warning);
    CHECK(finding.title.find("kms1.example.test:1688") != std::string::npos);
    CHECK(has_line(finding.evidence, "KMS-CONNECT-REFUSED: what failed"));
}
