#include "libdiag/check/name_findings.h"

#include <catch2/catch.hpp>

#include "libdiag/check/rules.h"

using namespace diag;
using namespace diag::check;
using namespace std::chrono_literals;
using session::NameEnd;

namespace {

constexpr std::uint32_t host_unavailable = 0xC004F074;
constexpr std::uint32_t rpc_unavailable = 0x800706BA;

session::NameEvidence name(NameEnd end) {
    return {
        .name = "kms.example.test", .end = end, .addresses = {}, .began = {}, .ended = session::TimePoint{} + 1500us};
}

session::ServiceEvidence service(NameEnd end, std::optional<std::uint16_t> rcode,
                                 std::vector<std::string> targets = {}) {
    session::ServiceEvidence evidence{.query = "_vlmcs._tcp.example.test",
                                      .end = end,
                                      .rcode = rcode,
                                      .records = {},
                                      .began = {},
                                      .ended = {},
                                      .began_at = {}};
    for (auto& target : targets) evidence.records.push_back({.port = 1688, .target = std::move(target)});
    return evidence;
}

}  // namespace

TEST_CASE("name findings: a name with an address has none", "[check]") {
    auto evidence = name(NameEnd::found);
    evidence.addresses.push_back(*IpAddress::parse("192.0.2.10"));
    CHECK_FALSE(check_name(evidence));
}

TEST_CASE("name findings: a missing name and silent DNS are two things", "[check]") {
    const auto [end, id, words] = GENERATE(table<NameEnd, std::string, std::string>({
        {NameEnd::not_found, "KMS-NAME-NOT-FOUND", "NXDOMAIN"},
        {NameEnd::no_data, "KMS-NAME-NOT-FOUND", "no address of the wanted kind"},
        {NameEnd::bad_name, "KMS-NAME-NOT-FOUND", "no DNS name"},
        {NameEnd::server_failure, "KMS-NAME-NO-ANSWER", "SERVFAIL"},
        {NameEnd::refused, "KMS-NAME-NO-ANSWER", "REFUSED"},
        {NameEnd::no_answer, "KMS-NAME-NO-ANSWER", "no DNS server answered"},
        {NameEnd::no_server, "KMS-NAME-NO-ANSWER", "no DNS server could be reached"},
    }));
    CAPTURE(words);
    const auto finding = check_name(name(end));
    REQUIRE(finding);
    CHECK(finding->rule->id == id);
    CHECK(finding->shown_windows_code() == host_unavailable);
    CHECK(finding->shown_inner_code() == rpc_unavailable);
    CHECK(finding->title.find("kms.example.test") != std::string::npos);
    CHECK(finding->evidence.at(0).find(words) != std::string::npos);
    CHECK(finding->evidence.at(0).ends_with("after 1.5 ms"));
}

TEST_CASE("name findings: what a server answered points to the server, silence to the way", "[check]") {
    CHECK(check_name(name(NameEnd::refused))->likely_remedy == 1);
    CHECK(check_name(name(NameEnd::no_answer))->likely_remedy == 0);
    for (const NameEnd end : {NameEnd::refused, NameEnd::no_answer, NameEnd::not_found}) {
        const auto finding = check_name(name(end));
        CHECK(finding->likely_cause < finding->rule->causes.size());
        CHECK(finding->likely_remedy < finding->rule->remedy.size());
    }
}

TEST_CASE("service findings: a record that names a host has none, one that names nobody has", "[check]") {
    CHECK_FALSE(check_service(service(NameEnd::found, 0, {"kms.example.test"})));
    CHECK_FALSE(check_service(service(NameEnd::found, 0, {".", "kms.example.test"})));
    const auto finding = check_service(service(NameEnd::found, 0, {"."}));
    REQUIRE(finding);
    CHECK(finding->rule->id == "KMS-DNS-NO-RECORD");
}

TEST_CASE("service findings: each way to have no host has the code that Windows shows", "[check]") {
    // Win32 DNS errors as HRESULTs: 9003 RCODE_NAME_ERROR, 9501 INFO_NO_RECORDS, 9002 SERVER_FAILURE, 9005 REFUSED,
    // 9852 NO_DNS_SERVERS. Silence ends as "server failure" ("no usable answer from DNS" in Microsoft's list for KMS).
    const auto [end, rcode, id, code] = GENERATE(table<NameEnd, int, std::string, std::uint32_t>({
        {NameEnd::not_found, 3, "KMS-DNS-NO-RECORD", 0x8007232BU},
        {NameEnd::no_data, 0, "KMS-DNS-NO-RECORD", 0x8007251DU},
        {NameEnd::server_failure, 2, "KMS-DNS-SERVER-FAILURE", 0x8007232AU},
        {NameEnd::refused, 5, "KMS-DNS-REFUSED", 0x8007232DU},
        {NameEnd::no_answer, -1, "KMS-DNS-NO-ANSWER", 0x8007232AU},
        {NameEnd::no_server, -1, "KMS-DNS-NO-ANSWER", 0x8007267CU},
    }));
    CAPTURE(id, rcode);
    const auto finding =
        check_service(service(end, rcode < 0 ? std::nullopt : std::optional{static_cast<std::uint16_t>(rcode)}));
    REQUIRE(finding);
    CHECK(finding->rule->id == id);
    CHECK(finding->shown_windows_code() == code);
    CHECK(finding->title.find("_vlmcs._tcp.example.test") != std::string::npos);
}
