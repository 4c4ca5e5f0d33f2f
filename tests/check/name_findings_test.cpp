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

TEST_CASE("name findings: a host without addresses of the one kind that was asked for may have others", "[check]") {
    auto evidence = name(NameEnd::no_data);
    CHECK(check_name(evidence)->title == "the name kms.example.test has no address");
    CHECK(check_name(evidence)->own_remedy.empty());
    const auto [wanted, kind, option] = GENERATE(table<IpAddress::Family, std::string, std::string>(
        {{IpAddress::Family::v6, "IPv6", "leave out -6"}, {IpAddress::Family::v4, "IPv4", "leave out -4"}}));
    evidence.wanted = wanted;
    const auto finding = check_name(evidence);
    CHECK(finding->title == "the name kms.example.test has no " + kind + " address");
    CHECK(finding->rule == &rule::name_not_found);
    CHECK(remedy_of(*finding).at(0).find(option) != std::string_view::npos);
    evidence.end = NameEnd::not_found;  // of no kind at all
    CHECK(check_name(evidence)->title == "the name kms.example.test has no address");
}
