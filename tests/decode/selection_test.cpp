#include "libdiag/decode/selection.h"

#include <catch2/catch.hpp>

#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"

namespace diag::decode {
namespace {

using test::endpoint;

TEST_CASE("end filter: an address, a port, or both", "[decode][selection]") {
    struct Case {
        std::string text;
        std::optional<std::string> ip;
        std::optional<std::uint16_t> port;
    };
    const Case cases[] = {
        {"192.0.2.10", "192.0.2.10", {}},
        {"192.0.2.10:1688", "192.0.2.10", 1688},
        {":1688", {}, 1688},
        {"2001:db8::10", "2001:db8::10", {}},
        {"2001:DB8:0:0::10", "2001:db8::10", {}},
        {"[2001:db8::10]:1688", "2001:db8::10", 1688},
        {"::1", "::1", {}},
        {"[::1]:65535", "::1", 65535},
    };
    for (const Case& c : cases) {
        INFO(c.text);
        const auto filter = parse_end_filter(c.text);
        REQUIRE(filter);
        CHECK(filter->ip == (c.ip ? std::optional{test::ip(*c.ip)} : std::nullopt));
        CHECK(filter->port == c.port);
    }
}

TEST_CASE("end filter: what is neither is refused", "[decode][selection]") {
    for (const char* text : {"", ":", ":0", ":65536", ":-1", ": 1", "192.0.2.10:", "192.0.2.10:x", "192.0.2.300",
                             "192.0.2", "kms.example.test", "kms.example.test:1688", "[2001:db8::10]", "[2001:db8::10",
                             "192.0.2.10:16a", "192.0.2.10 ", "1688", "[192.0.2.10:1688"}) {
        INFO('"' << text << '"');
        CHECK_FALSE(parse_end_filter(text));
    }
}

TEST_CASE("end filter: it matches the ends that it names", "[decode][selection]") {
    const auto matches = [](const char* filter, const char* address, std::uint16_t port) {
        return parse_end_filter(filter)->matches(endpoint(address, port));
    };
    CHECK(matches("192.0.2.10", "192.0.2.10", 5));
    CHECK_FALSE(matches("192.0.2.10", "192.0.2.11", 5));
    CHECK(matches("192.0.2.10:5", "192.0.2.10", 5));
    CHECK_FALSE(matches("192.0.2.10:6", "192.0.2.10", 5));
    CHECK(matches(":5", "2001:db8::1", 5));
    CHECK_FALSE(matches(":5", "2001:db8::1", 6));
}

// Three conversations: two clients, two hosts, one of them a refusal of the connection.
std::vector<test::TestPacket> packets() {
    auto all = test::conversation({.client = endpoint("192.0.2.77", 49701), .host = endpoint("192.0.2.10", 1688)});
    const auto second =
        test::conversation({.client = endpoint("192.0.2.78", 49702), .host = endpoint("192.0.2.11", 1688)});
    all.insert(all.end(), second.begin(), second.end());
    test::TcpScript refused{{.client = endpoint("192.0.2.77", 49703), .host = endpoint("192.0.2.11", 1688)}};
    refused.syn().rst(test::Side::host);
    all.insert(all.end(), refused.packets.begin(), refused.packets.end());
    return all;
}

std::size_t count_with(const Selection& selection) {
    const auto all = packets();
    return test::decode_json(test::views_of(all), {.selection = selection}).size();
}

TEST_CASE("selection: options add up, values of one option are alternatives", "[decode][selection]") {
    const EndFilter client_77 = *parse_end_filter("192.0.2.77");
    const EndFilter client_78 = *parse_end_filter("192.0.2.78");
    const EndFilter host_10 = *parse_end_filter("192.0.2.10");
    const EndFilter host_11 = *parse_end_filter("192.0.2.11:1688");
    const Uuid machine = *Uuid::parse("3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13");
    const Uuid nobody = *Uuid::parse("3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d14");
    CHECK(Selection{}.selects_all());
    CHECK(count_with({}) == 3);
    CHECK(count_with({.clients = {client_77}}) == 2);
    CHECK(count_with({.clients = {client_77, client_78}}) == 3);
    CHECK(count_with({.clients = {client_77}, .hosts = {host_11}}) == 1);
    CHECK(count_with({.clients = {client_78}, .hosts = {host_10}}) == 0);
    CHECK(count_with({.client_machine_ids = {machine}}) == 2);
    CHECK(count_with({.client_machine_ids = {nobody}}) == 0);
    CHECK(count_with({.client_machine_ids = {nobody, machine}}) == 2);
    CHECK(count_with({.outcomes = {check::Outcome::refused_by_rst}}) == 1);
    CHECK(count_with({.outcomes = {check::Outcome::refused_by_rst, check::Outcome::complete}}) == 3);
    CHECK(count_with({.clients = {client_78}, .outcomes = {check::Outcome::refused_by_rst}}) == 0);
}

TEST_CASE("selection: a look-up is chosen by its client, and left out by options that it has no value for",
          "[decode][selection]") {
    dissect::DnsSearch lookup;
    lookup.client = *IpAddress::parse("192.0.2.77");
    CHECK(Selection{}.matches(lookup));
    CHECK(Selection{.clients = {*parse_end_filter("192.0.2.77")}}.matches(lookup));
    CHECK_FALSE(Selection{.clients = {*parse_end_filter("192.0.2.78")}}.matches(lookup));
    CHECK_FALSE(Selection{.hosts = {*parse_end_filter("192.0.2.53")}}.matches(lookup));
    CHECK_FALSE(Selection{.outcomes = {check::Outcome::complete}}.matches(lookup));
    CHECK_FALSE(Selection{.client_machine_ids = {Uuid{}}}.matches(lookup));
}

}  // namespace
}  // namespace diag::decode
