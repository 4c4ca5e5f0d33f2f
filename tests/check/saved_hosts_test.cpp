// The hosts of saved output, compared with each other and with DNS: each rule with a case that fires it and healthy neighbours.
#include "libdiag/check/saved_hosts.h"

#include <catch2/catch.hpp>
#include <set>

#include "libdiag/check/dlv_findings.h"
#include "libdiag/check/rules.h"
#include "tests/slmgr/samples.h"

namespace diag::check {
namespace {

using slmgr::Dlv;
using slmgr::KmsMachine;
using slmgr::test::kind_sample;
using slmgr::test::read_all;
using slmgr::test::read_one;
using Ids = std::multiset<std::string>;
using Source = KmsMachine::Source;

Ids ids_of(const std::vector<Finding>& findings) {
    Ids ids;
    for (const Finding& finding : findings) ids.emplace(finding.rule->id);
    return ids;
}

Dlv client(Source source = Source::dns, std::string host = "kms01.corp.example", std::uint16_t port = 1688) {
    Dlv dlv = read_one(kind_sample("dlv-licensed-en"));
    dlv.kms_machine = KmsMachine{source, std::move(host), port};
    return dlv;
}

session::NameEvidence addresses(std::string name, std::initializer_list<const char*> texts) {
    session::NameEvidence evidence{.name = std::move(name), .end = session::NameEnd::found};
    for (const char* text : texts) evidence.addresses.push_back(*IpAddress::parse(text));
    return evidence;
}

HostEvidence published(std::string host = "kms01.corp.example", std::uint16_t port = 1688) {
    return {.domain = "corp.example",
            .published = {{.port = port, .target = std::move(host)}},
            .names = {addresses("kms01.corp.example", {"192.0.2.10", "2001:db8::10"})}};
}

Ids judged(std::vector<Dlv> products, const HostEvidence& dns = {}) {
    return ids_of(check_saved_hosts(products, "saved.txt", dns));
}

TEST_CASE("saved hosts: a client whose host is published as it uses it gives nothing", "[check]") {
    CHECK(judged({client()}, published()) == Ids{});
    CHECK(judged({client(Source::registered)}, published("KMS01.Corp.Example.")) == Ids{});
    CHECK(judged({client(Source::registered, "kms01")}, published()) == Ids{});
}

TEST_CASE("saved hosts: without DNS nothing is said of publication", "[check]") {
    CHECK(judged({client()}) == Ids{});
    CHECK(judged({client(Source::registered, "kms-old.corp.example")}) == Ids{});
    CHECK(judged({client(Source::registered, "kms-old.corp.example")}, {.domain = "corp.example"}) == Ids{});
}

TEST_CASE("saved hosts: a host set by hand that is not published is named", "[check]") {
    const std::vector<Dlv> products = {client(Source::registered, "kms-old.corp.example")};
    const auto findings = check_saved_hosts(products, "saved.txt", published());
    CHECK(ids_of(findings) == Ids{"KMS-CLIENT-HOST-UNPUBLISHED"});
    CHECK(findings.front().title ==
          "Windows(R), Enterprise edition is set to kms-old.corp.example:1688, which corp.example does not publish");
    CHECK(findings.front().evidence == std::vector<std::string>{"kms-old.corp.example:1688, set by hand",
                                                                "published in corp.example: kms01.corp.example:1688"});
}

TEST_CASE("saved hosts: an alias or an address of a published host is that host", "[check]") {
    HostEvidence dns = published();
    CHECK(judged({client(Source::registered, "192.0.2.10")}, dns) == Ids{});
    CHECK(judged({client(Source::registered, "192.0.2.99")}, dns) == Ids{"KMS-CLIENT-HOST-UNPUBLISHED"});
    dns.names.push_back(addresses("kms.corp.example", {"192.0.2.10"}));
    CHECK(judged({client(Source::registered, "kms.corp.example")}, dns) == Ids{});
}

TEST_CASE("saved hosts: a host from DNS that is published no longer is stale", "[check]") {
    CHECK(judged({client()}, published("kms02.corp.example")) == Ids{"KMS-CLIENT-CACHE-STALE"});
    Dlv both = client(Source::registered, "kms02.corp.example");
    both.cached_machine = KmsMachine{Source::dns, "kms01.corp.example", 1688};
    CHECK(judged({both}, published("kms02.corp.example")) == Ids{"KMS-CLIENT-CACHE-STALE", "KMS-CLIENT-HOSTS-DIFFER"});
}

TEST_CASE("saved hosts: another port than the published one is named, whoever set it", "[check]") {
    CHECK(judged({client(Source::registered, "kms01.corp.example", 1689)}, published()) == Ids{"KMS-CLIENT-HOST-PORT"});
    CHECK(judged({client()}, published("kms01.corp.example", 1700)) == Ids{"KMS-CLIENT-HOST-PORT"});
    HostEvidence two = published("kms01.corp.example", 1700);
    two.published.push_back({.port = 1688, .target = "kms01.corp.example"});
    CHECK(judged({client()}, two) == Ids{});
}

TEST_CASE("saved hosts: an address that the name has not is named, where the name was looked up", "[check]") {
    HostEvidence dns = published();
    dns.names = {addresses("kms01.corp.example", {"192.0.2.77"})};
    CHECK(judged({client()}, dns) == Ids{"KMS-CLIENT-HOST-ADDRESS"});
    dns.names.front().wanted = IpAddress::Family::v6;  // the other kind was not asked for
    CHECK(judged({client()}, dns) == Ids{});
    dns.names = {addresses("kms01.corp.example", {})};
    CHECK(judged({client()}, dns) == Ids{});
    dns.names.clear();
    CHECK(judged({client()}, dns) == Ids{});
}

TEST_CASE("saved hosts: products of one client with different hosts are set side by side", "[check]") {
    const Dlv windows = client();
    Dlv office = client(Source::registered, "kms-old.corp.example");
    office.name = std::string{"Office 21, Office21ProPlus2021VL_KMS_Client_AE edition"};
    const std::vector<Dlv> products = {windows, office};
    const auto findings = check_saved_hosts(products, "saved.txt");
    REQUIRE(ids_of(findings) == Ids{"KMS-CLIENT-HOSTS-DIFFER"});
    CHECK(findings.front().evidence ==
          std::vector<std::string>{
              "Windows(R), Enterprise edition: kms01.corp.example:1688, found in DNS",
              "Office 21, Office21ProPlus2021VL_KMS_Client_AE edition: kms-old.corp.example:1688, set by hand"});
    CHECK(judged({windows, windows}) == Ids{});
    office.client_machine_id = *Uuid::parse("11111111-2222-4333-8444-555555555555");  // of another machine
    CHECK(judged({windows, office}) == Ids{});
}

TEST_CASE("saved hosts: names to look up are each once, addresses left out", "[check]") {
    Dlv both = client(Source::registered, "kms02.corp.example");
    both.cached_machine = KmsMachine{Source::dns, "KMS01.corp.example", 1688};
    const std::vector<Dlv> products = {client(), both, client(Source::registered, "192.0.2.10")};
    CHECK(host_names(products) == std::vector<std::string>{"kms01.corp.example", "kms02.corp.example"});
}

// Title, codes and evidence, too.
bool is_same(const std::vector<Finding>& a, const std::vector<Finding>& b) {
    return std::ranges::equal(a, b, [](const Finding& x, const Finding& y) {
        return x.rule == y.rule && x.title == y.title && x.evidence == y.evidence &&
               x.shown_windows_code() == y.shown_windows_code() && x.likely_cause == y.likely_cause;
    });
}

std::vector<Finding> findings_of_sample(const std::string& name) {
    return check_saved({.products = read_all(kind_sample(name))}, "saved.txt");
}

TEST_CASE("saved output: German and Japanese give exactly the findings of English", "[check]") {
    for (const std::string& name : slmgr::test::names_in_three_languages()) {
        const auto english = findings_of_sample(name + "-en");
        for (const std::string language : {"-de", "-ja"}) {
            CAPTURE(name, language);
            CHECK(is_same(findings_of_sample(name + language), english));
        }
    }
}

TEST_CASE("saved output: each kind comes to the finding that its machine deserves", "[check]") {
    const std::pair<std::string, Ids> expected[] = {
        {"dlv-licensed-en", {}},
        {"dlv-fixed-host-ja", {"KMS-CLIENT-RENEWAL-OVERDUE", "KMS-CLIENT-FIXED-HOST", "KMS-CLIENT-NO-CACHE"}},
        {"dlv-no-discovery-de", {"KMS-CLIENT-NO-DISCOVERY"}},
        {"dlv-notification-ja", {"KMS-CLIENT-NOTIFICATION"}},
        {"dlv-unlicensed-de", {"KMS-CLIENT-UNLICENSED"}},
        {"dlv-grace-ja", {"KMS-CLIENT-GRACE"}},
        {"dlv-lost-de", {"KMS-CLIENT-GRACE-ENDS"}},
        {"dlv-ad-ja", {"KMS-CLIENT-AD"}},
        {"dlv-host-de", {"KMS-HOST-NOT-PUBLISHED", "KMS-HOST-PORT", "KMS-HOST-LOW-PRIORITY"}},
        {"dlv-all-ja", {"KMS-CLIENT-NOTIFICATION"}},
        {"dli-licensed-de", {"KMS-CLIENT-RENEWAL-OVERDUE"}},
        {"dli-notification-ja", {"KMS-CLIENT-NOTIFICATION"}},
        {"ato-success-ja", {}},
        {"ato-error-de", {"KMS-SLMGR-ERROR"}},
        {"ato-failed-ja", {"KMS-SLMGR-ERROR"}},
        {"xpr-licensed-de", {}},
        {"xpr-permanent-ja", {}},
        {"xpr-grace-de", {"KMS-CLIENT-GRACE"}},
        {"xpr-lost-ja", {"KMS-CLIENT-GRACE-ENDS"}},
        {"xpr-notification-de", {"KMS-CLIENT-NOTIFICATION"}},
        {"several-ja", {"KMS-CLIENT-NOTIFICATION", "KMS-SLMGR-ERROR"}},
        {"dstatus-licensed-de", {}},
        {"dstatus-override-ja",
         {"KMS-CLIENT-FIXED-HOST", "KMS-CLIENT-HOSTS-DIFFER", "KMS-CLIENT-NO-CACHE", "KMS-CLIENT-NO-CACHE",
          "KMS-CLIENT-NOTIFICATION"}},
        {"act-error", {"KMS-SLMGR-ERROR"}},
        {"act-success", {}},
        {"objects-licensed", {}},
        {"objects-service", {"KMS-CLIENT-NOTIFICATION", "KMS-CLIENT-FIXED-HOST", "KMS-CLIENT-HOSTS-DIFFER"}},
        {"objects-host", {"KMS-HOST-NOT-PUBLISHED", "KMS-HOST-PORT", "KMS-HOST-LOW-PRIORITY"}},
        {"objects-properties", {"KMS-CLIENT-NOTIFICATION"}},
        {"oslicense-ja", {"KMS-CLIENT-NOTIFICATION", "KMS-CLIENT-FIXED-HOST"}},
    };
    for (const auto& [name, ids] : expected) {
        CAPTURE(name);
        CHECK(ids_of(findings_of_sample(name)) == ids);
    }
}

TEST_CASE("saved output: the code of an attempt is that of the finding", "[check]") {
    CHECK(findings_of_sample("ato-error-ja").front().shown_windows_code() == 0xC004F074);
    CHECK(findings_of_sample("ato-error-without-text-de").front().shown_windows_code() == 0x8007232B);
    CHECK(findings_of_sample("act-error").front().shown_windows_code() == 0xC004F038);
    CHECK(findings_of_sample("ato-failed-en").front().shown_windows_code() == 0);
}

TEST_CASE("saved output: a grace period in words that are not known is one that ends, or not", "[check]") {
    Dlv dlv = client();
    dlv.license_status = slmgr::Fact<slmgr::LicenseStatus>::unknown("Indulgo");
    dlv.volume_expiration_minutes = {};
    dlv.remaining_minutes = 30 * 24 * 60;
    CHECK(ids_of(check_dlv(dlv, "saved.txt")) == Ids{"KMS-CLIENT-GRACE"});
    dlv.remaining_minutes = 24 * 60;
    CHECK(ids_of(check_dlv(dlv, "saved.txt")) == Ids{"KMS-CLIENT-GRACE-ENDS"});
}

}  // namespace
}  // namespace diag::check
