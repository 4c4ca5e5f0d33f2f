#include "libdiag/net/name_client.h"

#include <catch2/catch.hpp>

#include <chrono>

#include "tests/net/dns_server.h"

// Look-ups at a DNS server of the test's own.

using namespace diag;
using namespace diag::test;
using namespace std::chrono_literals;
using net::NameClient;
using net::NameSettings;
using session::NameEnd;
using session::NameEvidence;

namespace {

constexpr std::uint16_t type_a = 1, type_aaaa = 28;
constexpr std::uint16_t server_failure = 2, name_error = 3, refused = 5;

DnsReply answer(const std::string& name, std::uint16_t type) {
    if (name == "dual.example.test")
        return {.records = {type == type_a ? a_record({192, 0, 2, 10}) : aaaa_record(0x10)}};
    if (name == "v4.example.test") return type == type_a ? DnsReply{.records = {a_record({192, 0, 2, 4})}} : DnsReply{};
    if (name == "twice.example.test" && type == type_a)
        return {.records = {a_record({192, 0, 2, 1}), a_record({192, 0, 2, 1})}};
    if (name == "empty.example.test") return {};
    if (name == "broken.example.test") return {.rcode = server_failure};
    if (name == "refused.example.test") return {.rcode = refused};
    if (name == "silent.example.test") return {.silent = true};
    return {.rcode = name_error};
}

NameSettings settings_for(const DnsServer& server, std::chrono::milliseconds timeout = 5s) {
    return {.timeout = timeout, .servers = {server.endpoint()}};
}

std::vector<NameEvidence> resolve(const NameSettings& settings, const std::vector<std::string>& names) {
    NameClient client{settings};
    std::vector<NameEvidence> results(names.size());
    std::vector<int> counts(names.size(), 0);
    client.resolve(names, [&](std::size_t index, NameEvidence evidence) {
        results.at(index) = std::move(evidence);
        ++counts.at(index);
    });
    for (const int count : counts) CHECK(count == 1);
    return results;
}

std::vector<std::string> addresses_of(const NameEvidence& evidence) {
    std::vector<std::string> texts;
    for (const auto& address : evidence.addresses) texts.push_back(to_string(address));
    std::ranges::sort(texts);
    return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("name client: both families, or the one that is wanted", "[net]") {
    const DnsServer server{answer};
    NameSettings settings = settings_for(server);
    CHECK(addresses_of(resolve(settings, {"dual.example.test"})[0]) == Texts{"192.0.2.10", "2001:db8::10"});
    settings.v6 = false;
    CHECK(addresses_of(resolve(settings, {"dual.example.test"})[0]) == Texts{"192.0.2.10"});
    settings.v6 = true;
    settings.v4 = false;
    CHECK(addresses_of(resolve(settings, {"dual.example.test"})[0]) == Texts{"2001:db8::10"});
    CHECK(name_of(resolve(settings, {"v4.example.test"})[0].end) == "no_data");
    CHECK(resolve(settings, {"v4.example.test"})[0].wanted == IpAddress::Family::v6);
    CHECK_FALSE(resolve(settings_for(server), {"v4.example.test"})[0].wanted);
}

TEST_CASE("name client: each end is told from the others", "[net]") {
    const DnsServer server{answer};
    const auto [name, end] = GENERATE(table<std::string, NameEnd>({
        {"v4.example.test", NameEnd::found},
        {"nobody.example.test", NameEnd::not_found},
        {"empty.example.test", NameEnd::no_data},
        {"broken.example.test", NameEnd::server_failure},
        {"refused.example.test", NameEnd::refused},
        {std::string(64, 'a') + ".example.test", NameEnd::bad_name},
    }));
    CAPTURE(name);
    const NameEvidence evidence = resolve(settings_for(server), {name})[0];
    CHECK(name_of(evidence.end) == name_of(end));
    CHECK(evidence.name == name);
    CHECK(evidence.addresses.empty() == (end != NameEnd::found));
    CHECK(evidence.duration() >= 0ns);
    CHECK(evidence.duration() < 4s);
}

TEST_CASE("name client: silence ends with the timeout, all repetitions included", "[net]") {
    const DnsServer server{answer};
    const NameEvidence evidence = resolve(settings_for(server, 900ms), {"silent.example.test"})[0];
    CHECK(name_of(evidence.end) == "no_answer");
    CHECK(evidence.duration() >= 300ms);
    CHECK(evidence.duration() < 3s);
    CHECK(server.question_count() >= 4);  // both families, both asked again
}

TEST_CASE("name client: a port without a server is no server", "[net]") {
    Endpoint nobody;
    {
        const DnsServer server{answer};
        nobody = server.endpoint();
    }
    const NameEvidence evidence = resolve({.timeout = 2s, .servers = {nobody}}, {"v4.example.test"})[0];
    CHECK(name_of(evidence.end) == "no_server");
}

TEST_CASE("name client: the second server is asked when the first fails", "[net]") {
    const DnsServer broken{[](const std::string&, std::uint16_t) { return DnsReply{.rcode = server_failure}; }};
    const DnsServer good{answer};
    const NameSettings settings{.timeout = 5s, .servers = {broken.endpoint(), good.endpoint()}};
    CHECK(addresses_of(resolve(settings, {"v4.example.test"})[0]) == Texts{"192.0.2.4"});
}

TEST_CASE("name client: no address comes twice", "[net]") {
    const DnsServer server{answer};
    CHECK(addresses_of(resolve(settings_for(server), {"twice.example.test"})[0]) == Texts{"192.0.2.1"});
}

TEST_CASE("name client: many names, fewer at once, each answered once", "[net]") {
    const DnsServer server{answer};
    NameSettings settings = settings_for(server);
    settings.concurrency = 3;
    std::vector<std::string> names;
    for (int i = 0; i < 100; ++i) names.emplace_back(i % 2 == 0 ? "dual.example.test" : "nobody.example.test");
    const auto results = resolve(settings, names);
    for (std::size_t i = 0; i < results.size(); ++i) CHECK((results[i].end == NameEnd::found) == (i % 2 == 0));
}

TEST_CASE("name client: what is given up by a stop is pending, not unanswered", "[net]") {
    const DnsServer server{answer};
    const std::atomic<bool> stop = true;
    NameSettings settings = settings_for(server);
    settings.stop = &stop;
    NameClient client{settings};
    client.resolve(std::vector<std::string>{"silent.example.test"},
                   [&](std::size_t, const NameEvidence& evidence) { CHECK(evidence.end == NameEnd::pending); });
}
