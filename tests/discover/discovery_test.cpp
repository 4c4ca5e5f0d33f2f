#include "libdiag/discover/discovery.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>

#include "libdiag/check/rules.h"
#include "libdiag/discover/discovery_json.h"
#include "libdiag/discover/discovery_text.h"
#include "libdiag/discover/lookup_end.h"
#include "tests/net/dns_server.h"

using namespace diag;
using namespace diag::test;
using namespace std::chrono_literals;
using discover::Discovery;
using discover::DiscoverySettings;

namespace {

constexpr std::uint16_t server_failure = 2, name_error = 3, refused = 5;
using Zones = std::map<std::string, DnsReply>;  // by the domain

DnsServer::Answer answering(Zones zones) {
    return [zones = std::move(zones)](const std::string& name, std::uint16_t) {
        const auto found = zones.find(name.substr(std::string{"_vlmcs._tcp."}.size()));
        return found == zones.end() ? DnsReply{.rcode = name_error} : found->second;
    };
}

DnsReply records(std::vector<DnsRecord> list) { return {.records = std::move(list)}; }

Discovery search(const std::vector<const DnsServer*>& servers, std::optional<std::string> domain = "corp.test") {
    DiscoverySettings settings{.domain = std::move(domain), .timeout = 900ms};
    for (const DnsServer* server : servers) settings.servers.push_back(server->endpoint());
    return discover::discover(settings);
}

std::vector<std::string> hosts_of(const Discovery& found) {
    std::vector<std::string> hosts;
    for (const auto& host : found.hosts) hosts.push_back(host.record.target + ":" + std::to_string(host.record.port));
    return hosts;
}

std::vector<std::string_view> ids_of(const Discovery& found) {
    std::vector<std::string_view> ids;
    for (const auto& finding : findings_of(found)) ids.push_back(finding.rule->id);
    return ids;
}

// The search list of this process, for as long as it lives. It is the same on a machine whose name has a domain: that is
// asked first, and has no record.
class SearchList {
public:
    explicit SearchList(const char* domains) { ::setenv("LOCALDOMAIN", domains, 1); }
    ~SearchList() { ::unsetenv("LOCALDOMAIN"); }
    SearchList(const SearchList&) = delete;
    SearchList& operator=(const SearchList&) = delete;
};

using Texts = std::vector<std::string>;
using Ids = std::vector<std::string_view>;

}  // namespace

TEST_CASE("discovery: hosts come by priority, each once, with the record that names them", "[discover]") {
    const DnsServer server{answering(
        {{"corp.test", records({srv_record(20, 0, 1688, "c.corp.test"), srv_record(0, 7, 1699, "a.corp.test"),
                                srv_record(10, 0, 1688, "b.corp.test"), srv_record(30, 0, 1688, "B.CORP.test")})}})};
    const Discovery found = search({&server});
    CHECK(hosts_of(found) == Texts{"a.corp.test:1699", "b.corp.test:1688", "c.corp.test:1688"});
    CHECK(found.hosts[0].record.weight == 7);
    CHECK(found.hosts[0].domain == "corp.test");
    CHECK(found.hosts[0].server == server.endpoint());
    CHECK(ids_of(found).empty());
    CHECK(server.question_count() == 1);  // no addresses, no misspelt names
}

TEST_CASE("discovery: among equals each host comes first at some time, by weight", "[discover]") {
    const DnsServer server{answering(
        {{"corp.test", records({srv_record(0, 1, 1688, "a.corp.test"), srv_record(0, 1, 1688, "b.corp.test")})}})};
    std::map<std::string, int> firsts;
    for (int i = 0; i < 64; ++i) ++firsts[hosts_of(search({&server}))[0]];
    CHECK(firsts.size() == 2);  // each is missed once in 2^64 / 2 runs or so
}

TEST_CASE("discovery: each way to have no host has its finding", "[discover]") {
    const DnsServer server{answering({{"empty.test", {}},
                                      {"broken.test", {.rcode = server_failure}},
                                      {"closed.test", {.rcode = refused}},
                                      {"silent.test", {.silent = true}},
                                      {"dot.test", records({srv_record(0, 0, 0, "")})}})};
    const auto [domain, id, end] = GENERATE(table<std::string, std::string_view, std::string>({
        {"nothing.test", "KMS-DNS-NO-RECORD", "not_found"},
        {"empty.test", "KMS-DNS-NO-RECORD", "no_data"},
        {"dot.test", "KMS-DNS-NO-RECORD", "found"},
        {"broken.test", "KMS-DNS-SERVER-FAILURE", "server_failure"},
        {"closed.test", "KMS-DNS-REFUSED", "refused"},
        {"silent.test", "KMS-DNS-NO-ANSWER", "no_answer"},
    }));
    CAPTURE(domain);
    const Discovery found = search({&server}, domain);
    CHECK(found.hosts.empty());
    CHECK(ids_of(found) == Ids{id});
    REQUIRE(found.lookups.size() == 1);
    CHECK(name_of(discover::end_of(found.lookups[0].evidence)) == end);
}

TEST_CASE("discovery: a DNS server that fails is passed over for the next, with a warning", "[discover]") {
    const DnsServer broken{answering({{"corp.test", {.rcode = server_failure}}})};
    const DnsServer good{answering({{"corp.test", records({srv_record(0, 0, 1688, "a.corp.test")})}})};
    const Discovery found = search({&broken, &good});
    REQUIRE(hosts_of(found) == Texts{"a.corp.test:1688"});
    CHECK(found.hosts[0].server == good.endpoint());
    CHECK(ids_of(found) == Ids{"KMS-DNS-SERVER-SKIPPED"});
}

TEST_CASE("discovery: a record that nobody can use is not tried, and critical only without another", "[discover]") {
    const auto [unusable, id] = GENERATE(
        table<DnsRecord, std::string_view>({{srv_record(0, 0, 0, "a.corp.test"), "KMS-SRV-PORT-ZERO"},
                                            {srv_record(0, 0, 1688, "192.0.2.11"), "KMS-SRV-TARGET-LITERAL"}}));
    const DnsServer server{answering({{"corp.test", records({unusable, srv_record(1, 0, 1688, "b.corp.test")})},
                                      {"alone.test", records({unusable})}})};
    const Discovery found = search({&server});
    CHECK(hosts_of(found) == Texts{"b.corp.test:1688"});
    CHECK(ids_of(found) == Ids{"KMS-SRV-TARGET-DEAD"});
    const Discovery alone = search({&server}, "alone.test");
    CHECK(alone.hosts.empty());
    CHECK(ids_of(alone) == Ids{id});
}

TEST_CASE("discovery: suffixes are asked in their order until one names hosts", "[discover]") {
    const SearchList list{"one.test two.test three.test four.test"};
    const DnsServer server{answering({{"two.test", records({srv_record(0, 0, 1688, "")})},
                                      {"three.test", records({srv_record(0, 0, 1688, "kms.three.test")})},
                                      {"four.test", records({srv_record(0, 0, 1688, "kms.four.test")})}})};
    const Discovery found = search({&server}, std::nullopt);
    CHECK(hosts_of(found) == Texts{"kms.three.test:1688"});
    REQUIRE(found.lookups.size() >= 3);
    Texts asked;
    for (const auto& lookup : found.lookups) asked.push_back(lookup.candidate.domain);
    CHECK(Texts(asked.end() - 3, asked.end()) == Texts{"one.test", "two.test", "three.test"});
    CHECK(ids_of(found).empty());  // a later one has a host: then a missing record is no trouble
}

TEST_CASE("discovery: DNS that fails for one suffix is a warning when a later one names hosts", "[discover]") {
    const SearchList list{"bad.test good.test"};
    const auto [reply, id] =
        GENERATE(table<DnsReply, std::string>({{{.rcode = server_failure}, "KMS-DNS-SERVER-FAILURE"},
                                               {{.rcode = refused}, "KMS-DNS-REFUSED"},
                                               {{.silent = true}, "KMS-DNS-NO-ANSWER"}}));
    CAPTURE(id);
    const DnsServer server{
        answering({{"bad.test", reply}, {"good.test", records({srv_record(0, 0, 1688, "kms.good.test")})}})};
    const Discovery found = search({&server}, std::nullopt);
    CHECK(hosts_of(found) == Texts{"kms.good.test:1688"});
    REQUIRE(ids_of(found) == Ids{"KMS-DNS-SUFFIX-FAILED"});
    const check::Finding warning = findings_of(found).front();
    CHECK(warning.title == "DNS fails for bad.test; good.test has the record");
    CHECK(warning.evidence.front().starts_with(id + ": "));
    CHECK(warning.shown_windows_code() == 0);
}

TEST_CASE("discovery: where no suffix names a host, DNS that fails decides over a record that is missing",
          "[discover]") {
    const SearchList list{"nothing.test broken.test empty.test"};
    const DnsServer server{answering({{"broken.test", {.rcode = server_failure}}, {"empty.test", {}}})};
    const Ids ids = ids_of(search({&server}, std::nullopt));
    REQUIRE(ids.size() >= 3);
    CHECK(ids.front() == "KMS-DNS-SERVER-FAILURE");
    CHECK(std::count(ids.begin(), ids.end(), "KMS-DNS-SERVER-FAILURE") == 1);
}

TEST_CASE("discovery: reports have the RCODE by its name, and names from DNS escaped once", "[discover]") {
    const DnsServer server{answering({{"odd.test", records({srv_record(0, 0, 1688, "a\x1b[31m.odd.test")})},
                                      {"closed.test", {.rcode = refused}},
                                      {"silent.test", {.silent = true}}})};
    const auto json_of = [&](const char* domain) {
        std::string out;
        report::JsonWriter json{out};
        json.begin_object();
        discover::write_lookups(json, search({&server}, domain));
        json.end_object();
        return out;
    };
    CHECK_THAT(json_of("odd.test"), Catch::Contains(R"("rcode":"NOERROR")"));
    CHECK_THAT(json_of("closed.test"), Catch::Contains(R"("rcode":"REFUSED")"));
    CHECK_THAT(json_of("silent.test"), Catch::Contains(R"("rcode":null)"));
    std::string text;
    discover::append_lookups(text, search({&server}, "odd.test"));
    CHECK_THAT(text, Catch::Contains("a\\027[31m.odd.test:1688"));
}

TEST_CASE("discovery: a stop ends it without a word on DNS", "[discover]") {
    const DnsServer server{answering({{"corp.test", {.silent = true}}})};
    const std::atomic<bool> stop = true;
    const Discovery found = discover::discover({.domain = "corp.test", .servers = {server.endpoint()}, .stop = &stop});
    CHECK(found.stopped);
    CHECK(found.lookups.empty());
}
