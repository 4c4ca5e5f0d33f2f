#include "libdiag/probe/published.h"

#include <catch2/catch.hpp>

#include "libdiag/check/rules.h"
#include "libdiag/probe/probe_text.h"
#include "libdiag/probe/published_report.h"

using namespace diag;
using probe::Published;
using probe::TargetReport;

namespace {

check::Finding finding(const check::Rule& rule) {
    return {.rule = &rule, .target = "x", .title = "what is wrong", .evidence = {"seen"}, .packets = {}};
}

// A host by its findings.
struct Plan {
    std::string name;
    std::vector<const check::Rule*> rules;
};

Published judged(const std::vector<Plan>& plans) {
    Published published;
    for (const Plan& plan : plans) {
        const discover::Host host{.record = {.port = 1688, .target = plan.name}, .domain = "corp.test", .server = {}};
        published.discovery.hosts.push_back(host);
        TargetReport& report = published.targets.emplace_back();
        report.target = probe::target_of(host);
        for (const check::Rule* rule : plan.rules) report.findings.push_back(finding(*rule));
    }
    judge(published);
    return published;
}

}  // namespace

TEST_CASE("published: a dead host before one that works is skipped, with what failed as evidence", "[probe]") {
    const Published p = judged({{"a.corp.test", {&check::rule::connect_refused}}, {"b.corp.test", {}}});
    CHECK(p.reached == 1U);
    REQUIRE(p.targets[0].findings.size() == 1);
    CHECK(p.targets[0].findings[0].rule == &check::rule::host_skipped);
    CHECK(p.targets[0].findings[0].evidence[0] == "KMS-CONNECT-REFUSED: what is wrong");
    CHECK(p.targets[1].findings.empty());
    CHECK(deciding(p)->rule == &check::rule::host_skipped);
    CHECK(windows_code_of(p) == 0);
    CHECK(verdict_text(p) == "a client gets to b.corp.test:1688, published in corp.test; 1 host before it fails");
}

TEST_CASE("published: a dead host behind one that works is no failure either", "[probe]") {
    const Published p = judged({{"a.corp.test", {}}, {"b.corp.test", {&check::rule::connect_refused}}});
    CHECK(p.reached == 0U);
    CHECK(check::worst(p.targets[1].findings) == check::Severity::warning);
    CHECK(verdict_text(p) == "a client gets to a.corp.test:1688, published in corp.test");
}

TEST_CASE("published: a host with a warning works", "[probe]") {
    const Published p = judged({{"a.corp.test", {&check::rule::connect_unstable}}});
    CHECK(p.reached == 0U);
    CHECK(p.targets[0].findings[0].rule == &check::rule::connect_unstable);
}

TEST_CASE("published: where no host works each keeps its finding, and the client its code", "[probe]") {
    // Alike in all: that code. Different ones: the code that sums up (docs/findings).
    const Published alike = judged(
        {{"a.corp.test", {&check::rule::product_not_covered}}, {"b.corp.test", {&check::rule::product_not_covered}}});
    CHECK_FALSE(alike.reached);
    CHECK(alike.targets[0].findings[0].rule == &check::rule::product_not_covered);
    CHECK(windows_code_of(alike) == 0xC004F042);
    CHECK(verdict_text(alike) == "a client finds 2 hosts in corp.test, and none of them works");
    const Published mixed = judged(
        {{"a.corp.test", {&check::rule::product_not_covered}}, {"b.corp.test", {&check::rule::connect_refused}}});
    CHECK(windows_code_of(mixed) == 0xC004F074);
}

TEST_CASE("published: the line of the search has the findings of the search, and the code that a client ends with",
          "[probe]") {
    std::string skipped;
    append_json(skipped, judged({{"a.corp.test", {&check::rule::connect_refused}}, {"b.corp.test", {}}}));
    CHECK_THAT(skipped, Catch::Contains(R"("stage":null,"finding":null,"windows_code":null)"));
    CHECK_THAT(skipped, Catch::Contains("1 host before it fails"));
    std::string failed;
    append_json(failed, judged({{"a.corp.test", {&check::rule::connect_refused}}}));
    CHECK_THAT(failed, Catch::Contains(R"("finding":null,"windows_code":"0xC004F074")"));
    Published p;
    p.discovery.lookups.emplace_back().findings.push_back(finding(check::rule::dns_no_record));
    std::string own;
    append_json(own, p);
    CHECK_THAT(own, Catch::Contains(R"("stage":"dns","finding":"KMS-DNS-NO-RECORD","windows_code":"0x8007232B")"));
}

TEST_CASE("published: names from DNS are escaped once", "[probe]") {
    Published p = judged({{"a\\027[31m.corp.test", {&check::rule::connect_refused}}});
    std::string text;
    append_search(text, p, report::Style{false}, true);
    append_text(text, p.targets[0], report::Style{false}, true);
    append_verdict(text, p, report::Style{false});
    CHECK_THAT(text, Catch::Contains("a\\027[31m.corp.test"));
    CHECK_THAT(text, !Catch::Contains("\\\\027"));
    p.targets[0].origin.reset();  // as typed, not from DNS
    std::string typed;
    append_text(typed, p.targets[0], report::Style{false}, true);
    CHECK_THAT(typed, Catch::Contains("\\\\027"));
}

TEST_CASE("published: without a host the finding of the search says what the client ends with", "[probe]") {
    Published p;
    p.discovery.lookups.emplace_back().findings.push_back(finding(check::rule::dns_no_record));
    judge(p);
    CHECK(windows_code_of(p) == 0x8007232B);
    CHECK(deciding(p)->rule == &check::rule::dns_no_record);
    CHECK(verdict_text(p) == "what is wrong");
}

TEST_CASE("published: each target has the record that names it", "[probe]") {
    const Published p = judged({{"a.corp.test", {}}, {"kms.corp.test", {}}});
    CHECK(p.targets[0].origin->record.target == "a.corp.test");
    CHECK(p.targets[1].origin->record.target == "kms.corp.test");
}
