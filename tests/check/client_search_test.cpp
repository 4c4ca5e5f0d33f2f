#include "libdiag/check/client_search.h"

#include <catch2/catch.hpp>

#include "libdiag/check/rules.h"
#include "libdiag/check/subject.h"

namespace diag::check {
namespace {

using session::Candidate;

TEST_CASE("client search: who has no domain to ask is told so, and nobody else", "[check][srv]") {
    const auto findings = check_client_domains({.candidates = {}, .target = "(no domain)"});
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].rule == &rule::client_no_suffix);
    CHECK(findings[0].target == "(no domain)");
    const std::vector<Candidate> candidates{{.domain = "corp.test"}};
    CHECK(check_client_domains({.candidates = candidates, .target = "(no domain)"}).empty());
}

TEST_CASE("client search: a record where nobody looks is noted where one is missing, and not where DNS fails",
          "[check][srv]") {
    std::vector<Finding> findings{
        {.rule = &rule::dns_no_record, .target = "corp.test", .title = "none", .evidence = {"seen"}, .packets = {}},
        {.rule = &rule::dns_refused, .target = "corp.test", .title = "refused", .evidence = {"seen"}, .packets = {}}};
    note_elsewhere(findings, {.domain = "test", .source = Candidate::Source::devolution, .is_assumption = true});
    REQUIRE(findings[0].evidence.size() == 2);
    CHECK(findings[0].evidence[1] ==
          "test (a parent of the primary DNS suffix) has a record, but no client is documented to look there");
    CHECK(findings[1].evidence.size() == 1);
}

TEST_CASE("subject: names are of one machine when they are the same, or one of them lacks its domain", "[check]") {
    CHECK(is_same_host("KMS1.corp.test", "kms1.corp.test"));
    CHECK(is_same_host("kms1", "KMS1.corp.test"));
    CHECK(is_same_host("kms1.corp.test", "kms1"));
    CHECK_FALSE(is_same_host("kms1.corp.test", "kms1.other.test"));
    CHECK_FALSE(is_same_host("kms1", "kms10.corp.test"));
    CHECK_FALSE(is_same_host("", "kms1.corp.test"));
}

}  // namespace
}  // namespace diag::check
