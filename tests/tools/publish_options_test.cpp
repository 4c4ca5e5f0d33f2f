#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include "libdiag/base/hex.h"
#include "tools/kms-refhost/options.h"

namespace diag::refhost {
namespace {

using Arguments = std::vector<std::string>;
using namespace std::chrono_literals;

std::expected<Options, std::string> parse(const Arguments& arguments) {
    std::vector<const char*> argv{"kms-refhost"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    return parse_options(static_cast<int>(argv.size()), argv.data());
}

net::PublishSettings good(const Arguments& arguments) {
    const auto options = parse(arguments);
    INFO((options ? std::string{} : options.error()));
    REQUIRE(options);
    return options->publish;
}

TEST_CASE("publish options: without --publish nothing is registered", "[tools][refhost]") {
    CHECK(good({}).services.empty());
}

TEST_CASE("publish options: what is not given is as a KMS host has it", "[tools][refhost]") {
    const auto publish = good({"--publish", "corp.test.", "--publish-target", "kms1.corp.test"});
    REQUIRE(publish.services.size() == 1);
    const session::PublishedService& service = publish.services[0];
    CHECK(to_string(service.domain) == "corp.test");
    CHECK(service.service.priority == 0);
    CHECK(service.service.weight == 0);
    CHECK(service.service.port == 0);  // that of the listener
    CHECK(to_string(service.service.target) == "kms1.corp.test");
    CHECK(publish.interval == 24h);
    CHECK(publish.servers.empty());
    CHECK_FALSE(publish.key);
}

TEST_CASE("publish options: each reaches its setting", "[tools][refhost]") {
    const auto publish = good({"--publish",          "corp.test",
                               "--publish",          "emea.test",
                               "--publish",          "CORP.test",
                               "--publish-target",   "kms1.x",
                               "--publish-priority", "1",
                               "--publish-weight",   "65535",
                               "--publish-port",     "1700",
                               "--publish-ttl",      "2147483647",
                               "--publish-interval", "30m",
                               "--publish-timeout",  "0.25",
                               "--publish-server",   "192.0.2.53",
                               "--publish-server",   "[2001:db8::53]:5353",
                               "--publish-key",      "k:hmac-sha512:Zm9v"});
    REQUIRE(publish.services.size() == 2);  // one domain in either case
    CHECK(to_string(publish.services[1].domain) == "emea.test");
    for (const auto& service : publish.services) {
        CHECK(service.service.priority == 1);
        CHECK(service.service.weight == 65535);
        CHECK(service.service.port == 1700);
        CHECK(service.ttl == 2'147'483'647);
    }
    CHECK(publish.interval == 30min);
    CHECK(publish.exchange.attempt_time == 250ms);
    REQUIRE(publish.servers.size() == 2);
    CHECK(to_string(publish.servers[0]) == "192.0.2.53:53");
    CHECK(to_string(publish.servers[1]) == "[2001:db8::53]:5353");
    REQUIRE(publish.key);
    CHECK(publish.key->algorithm == dns::TsigAlgorithm::hmac_sha512);
}

TEST_CASE("publish options: a key comes from its file", "[tools][refhost]") {
    const std::string path = (std::filesystem::temp_directory_path() / "kms-refhost-publish-options.key").string();
    std::ofstream{path} << "key \"k\" { algorithm hmac-sha256; secret \"Zm9v\"; };\n";
    const auto publish = good({"--publish", "corp.test", "--publish-target", "kms1.x", "--publish-key", path});
    REQUIRE(publish.key);
    CHECK(to_hex(publish.key->secret) == "666f6f");
    std::ofstream{path} << "nothing";
    const auto bad = parse({"--publish", "corp.test", "--publish-target", "kms1.x", "--publish-key", path});
    std::filesystem::remove(path);
    REQUIRE_FALSE(bad);
    CHECK_THAT(bad.error(), Catch::StartsWith("--publish-key: " + path + ": not of the form"));
}

TEST_CASE("publish options: what cannot be is one line that says what is wrong", "[tools][refhost]") {
    const std::pair<Arguments, std::string_view> rows[] = {
        {{"--publish-ttl", "60"}, "--publish-ttl: needs --publish"},
        {{"--publish", "a..test", "--publish-target", "x.y"}, "'a..test' is no DNS domain"},
        {{"--publish", ".", "--publish-target", "x.y"}, "'.' is no DNS domain"},
        {{"--publish", "_vlmcs._tcp.corp.test", "--publish-target", "x.y"}, "give the domain alone"},
        {{"--publish", "corp.test", "--publish-target", "192.0.2.1"}, "names a host, not an address"},
        {{"--publish", "corp.test", "--publish-target", "."}, "no name of a host"},
        {{"--publish", "corp.test", "--publish-target", "x.y", "--publish-priority", "65536"}, "--publish-priority: "},
        {{"--publish", "corp.test", "--publish-target", "x.y", "--publish-port", "0"}, "--publish-port: "},
        {{"--publish", "corp.test", "--publish-target", "x.y", "--publish-ttl", "2147483648"}, "--publish-ttl: "},
        {{"--publish", "corp.test", "--publish-target", "x.y", "--publish-interval", "0"}, "from 1s to 30d"},
        {{"--publish", "corp.test", "--publish-target", "x.y", "--publish-interval", "31d"}, "from 1s to 30d"},
        {{"--publish", "corp.test", "--publish-target", "x.y", "--publish-timeout", "0"}, "--publish-timeout: "},
        {{"--publish", "corp.test", "--publish-target", "x.y", "--publish-server", "dns.test"}, "--publish-server: "},
        {{"--publish", "corp.test", "--publish-target", "x.y", "--publish-key", "missing.key"},
         "--publish-key: missing.key: "},
    };
    for (const auto& [arguments, problem] : rows) {
        const auto options = parse(arguments);
        REQUIRE_FALSE(options);
        CHECK_THAT(options.error(), Catch::Contains(std::string{problem}));
        CHECK(options.error().find('\n') == std::string::npos);
    }
    Arguments many{"--publish-target", "x.y"};
    for (int i = 0; i < 65; ++i) many.insert(many.end(), {"--publish", "d" + std::to_string(i) + ".test"});
    CHECK_THAT(parse(many).error(), Catch::Contains("more than 64 domains"));
}

TEST_CASE("publish options: no error repeats a secret", "[tools][refhost]") {
    for (const char* key :
         {"k:hmac-md5:c2VjcmV0", "c2VjcmV0:k:hmac-sha256", "k:hmac-sha256:c2VjcmV0=", "a:b:c2VjcmV0"}) {
        CAPTURE(key);
        const auto options = parse({"--publish", "corp.test", "--publish-target", "x.y", "--publish-key", key});
        REQUIRE_FALSE(options);
        CHECK(options.error().find("c2Vj") == std::string::npos);
    }
}

}  // namespace
}  // namespace diag::refhost
