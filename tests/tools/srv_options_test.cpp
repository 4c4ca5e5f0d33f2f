#include <catch2/catch.hpp>

#include "libdiag/srv/update_run.h"
#include "tools/kms-srv/options.h"

namespace diag::srv_tool {
namespace {

using Arguments = std::vector<std::string>;
using namespace std::chrono_literals;

std::expected<Options, std::string> parse(const Arguments& arguments) {
    std::vector<const char*> argv{"kms-srv"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    return parse_options(static_cast<int>(argv.size()), argv.data());
}

Options good(const Arguments& arguments) {
    auto options = parse(arguments);
    INFO((options ? std::string{} : options.error()));
    REQUIRE(options);
    return std::move(*options);
}

TEST_CASE("srv options: what is not given is a full check that asks, and sends nothing else", "[tools][srv]") {
    const auto options = good({"corp.test"});
    CHECK(options.domains == std::vector<std::string>{"corp.test"});
    const auto& settings = options.settings;
    CHECK(settings.check.servers.empty());  // those of this machine
    CHECK_FALSE(settings.check.every_server);
    CHECK(settings.check.extras);
    CHECK(settings.check.v4);
    CHECK(settings.check.v6);
    CHECK(settings.check.recursion_desired);
    CHECK(settings.timeout == 5s);
    CHECK(settings.rate == 200);
    CHECK(settings.concurrency == 64);
    CHECK(settings.simulated_count == 0);
    CHECK_FALSE(settings.authoritative);
    CHECK_FALSE(settings.update_path);
    CHECK_FALSE(settings.update_test);
    CHECK_FALSE(settings.reach);
    CHECK_FALSE(options.client);
    CHECK_FALSE(options.watch);
    CHECK(options.fail_on == check::Severity::warning);
    CHECK(options.format == cli::Format::text);
}

TEST_CASE("srv options: each reaches its setting", "[tools][srv]") {
    const auto options = good({"--server",
                               "192.0.2.53",
                               "--server",
                               "[2001:db8::53]:5353",
                               "--norecurse",
                               "-4",
                               "--timeout",
                               "0.5",
                               "--concurrency",
                               "7",
                               "--rate",
                               "0",
                               "--simulate",
                               "1000",
                               "--fast",
                               "--reach",
                               "--authoritative",
                               "--update-check",
                               "--watch",
                               "30",
                               "--explain",
                               "--targets",
                               "list",
                               "--events",
                               "log.evtx",
                               "--policy",
                               "hosts",
                               "--json",
                               "--fail-on",
                               "critical",
                               "corp.test.",
                               "emea.test"});
    CHECK(options.domains == std::vector<std::string>{"corp.test", "emea.test"});
    const auto& settings = options.settings;
    REQUIRE(settings.check.servers.size() == 2);
    CHECK(to_string(settings.check.servers[0]) == "192.0.2.53:53");
    CHECK(to_string(settings.check.servers[1]) == "[2001:db8::53]:5353");
    CHECK(settings.check.every_server);
    CHECK_FALSE(settings.check.recursion_desired);
    CHECK_FALSE(settings.check.v6);
    CHECK_FALSE(settings.check.extras);
    CHECK(settings.timeout == 500ms);
    CHECK(settings.concurrency == 7);
    CHECK(settings.rate == 0);
    CHECK(settings.simulated_count == 1000);
    CHECK(settings.reach);
    CHECK(settings.authoritative);
    CHECK(settings.update_path);
    CHECK(options.watch == 30s);
    CHECK(options.explain);
    CHECK(options.target_file == "list");
    CHECK(options.event_file == "log.evtx");
    CHECK(options.policy_file == "hosts");
    CHECK(options.format == cli::Format::json);
    CHECK(options.fail_on == check::Severity::critical);
}

TEST_CASE("srv options: a client is what its options say", "[tools][srv]") {
    const auto options = good({"--primary-suffix", "corp.test", "--suffix-list", "a.test,b.test.", "--dhcp-domain",
                               "dhcp.test", "--workgroup"});
    REQUIRE(options.client);
    CHECK(options.client->primary_suffix == "corp.test");
    CHECK(options.client->search_list == std::vector<std::string>{"a.test", "b.test"});
    CHECK(options.client->dhcp_domain == "dhcp.test");
    CHECK(options.client->is_workgroup);
    CHECK_FALSE(options.client->lookup_domain);
    CHECK(good({"--skms-domain", "kms.test"}).client->lookup_domain == "kms.test");
    CHECK_FALSE(good({"--dhcp-domain", "dhcp.test"}).client->is_workgroup);
    CHECK(good({"--from-ipconfig", "file"}).ipconfig_file == "file");
}

TEST_CASE("srv options: authorised hosts have a name, and a port when it matters", "[tools][srv]") {
    const auto expected = good({"--expect", "kms1.test.", "--expect", "kms2.test:1689", "corp.test"}).settings.expected;
    REQUIRE(expected.size() == 2);
    CHECK(expected[0].name == "kms1.test");
    CHECK_FALSE(expected[0].port);
    CHECK(expected[1].port == 1689);
}

TEST_CASE("srv options: the update test has the name as given, and knows the domain behind the record's",
          "[tools][srv]") {
    const auto [given, domain] = GENERATE(table<std::string, std::string>({
        {"corp.test", "corp.test"},
        {"corp.test.", "corp.test"},
        {"_vlmcs._tcp.corp.test", "corp.test"},
        {"_VLMCS._TCP.corp.test", "corp.test"},
        {"kms1.corp.test", "kms1.corp.test"},
        {"_tcp.corp.test", "_tcp.corp.test"},
    }));
    const auto options = good({"--update-test", given});
    REQUIRE(options.settings.update_test);
    CHECK(dns::is_same_name(*options.settings.update_test, *dns::DomainName::parse(given)));
    CHECK(to_string(srv::domain_of(*options.settings.update_test)) == domain);
}

TEST_CASE("srv options: what cannot be is one line that says what is wrong", "[tools][srv]") {
    const std::string label(60, 'x');
    const std::pair<Arguments, std::string_view> rows[] = {
        {{"a..test"}, "'a..test' is no DNS domain"},
        {{"."}, "'.' is no DNS domain"},
        {{"_vlmcs._tcp.corp.test"}, "the name of the record: give its domain, corp.test"},
        {{"_VLMCS._tcp"}, "has no domain behind it"},
        {{"--skms-domain", "_vlmcs._tcp.corp.test"}, "--skms-domain"},
        {{"--server", "dns.test"}, "'dns.test' is no address"},
        {{"--server", "192.0.2.0/30"}, "--server"},
        {{"-4", "-6", "corp.test"}, "-4 and -6"},
        {{"--timeout", "0", "corp.test"}, "--timeout"},
        {{"--rate", "-1", "corp.test"}, "--rate"},
        {{"--concurrency", "0", "corp.test"}, "--concurrency"},
        {{"--simulate", "0", "corp.test"}, "--simulate"},
        {{"--expect", "192.0.2.1", "corp.test"}, "a published host has a name"},
        {{"--suffix-list", "a.test,"}, "--suffix-list"},
        {{"--workgroup", "corp.test"}, "leave out DOMAIN"},
        {{"--from-ipconfig", "file", "--targets", "list"}, "leave out DOMAIN"},
        {{"--from-ipconfig", "file", "--dhcp-domain", "a.test"}, "--from-ipconfig has the suffixes"},
        {{"--watch", "5", "--format", "junit", "corp.test"}, "--watch never ends"},
        {{"--watch", "0", "corp.test"}, "--watch"},
        {{"--update-test", "a..test"}, "--update-test"},
        {{"--update-test", "."}, "--update-test"},
        {{"--update-test", label + "." + label + "." + label + "." + label.substr(0, 50)}, "too long"},
        {{"--update-test", "corp.test", "--watch", "5"}, "leave out --watch"},
        {{"--update-test", "corp.test", "--workgroup"}, "leave out the options about a client"},
        {{"--update-test", "corp.test", "--from-ipconfig", "file"}, "leave out the options about a client"},
        {{"--update-test"}, "update-test"},
    };
    for (const auto& [arguments, problem] : rows) {
        CAPTURE(arguments);
        const auto options = parse(arguments);
        REQUIRE_FALSE(options);
        CHECK_THAT(options.error(), Catch::Contains(std::string{problem}));
        CHECK(options.error().find('\n') == std::string::npos);
    }
}

TEST_CASE("srv options: lists have one entry a line, and say which line is wrong", "[tools][srv]") {
    CHECK(parse_domains("# two\n\n corp.test. # ours\r\nemea.test") ==
          std::vector<std::string>{"corp.test", "emea.test"});
    CHECK_THAT(parse_domains("corp.test\n_vlmcs._tcp.corp.test\n").error(), Catch::StartsWith("line 2: "));
    const auto hosts = parse_policy("kms1.test\nkms2.test:1689 # new\n");
    REQUIRE(hosts);
    CHECK(hosts->at(1).port == 1689);
    CHECK_THAT(parse_policy("\n\nkms1.test:0").error(), Catch::StartsWith("line 3: "));
}

TEST_CASE("srv options: help and version ask for nothing else", "[tools][srv]") {
    CHECK(good({"--help", "a..test"}).help);
    CHECK(good({"--version"}).version);
    CHECK(help_text().find("--update-test") != std::string::npos);
}

}  // namespace
}  // namespace diag::srv_tool
