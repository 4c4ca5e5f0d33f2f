#include <catch2/catch.hpp>

#include <set>

#include "libdiag/net/connection_table.h"
#include "libdiag/net/random_source.h"
#include "libdiag/net/socket_address.h"

using namespace diag;
using namespace diag::net;

TEST_CASE("listen address: text and what it means", "[net]") {
    const auto [text, wanted] = GENERATE(table<std::string, std::string>({
        {"127.0.0.1:1700", "127.0.0.1:1700"},
        {"127.0.0.1", "127.0.0.1:1688"},
        {":1700", "127.0.0.1:1700"},
        {"0.0.0.0:0", "0.0.0.0:0"},
        {"[::1]:65535", "[::1]:65535"},
        {"[::1]", "[::1]:1688"},
        {"::1", "[::1]:1688"},
    }));
    CAPTURE(text);
    const auto endpoint = parse_listen_address(text, 1688);
    REQUIRE(endpoint);
    CHECK(to_string(*endpoint) == wanted);
}

TEST_CASE("listen address: what is none is refused by name", "[net]") {
    const std::string text = GENERATE("", ":", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:1688x",
                                      "[::1", "[::1]1688", "localhost:1688", "300.0.0.1:1", "127.0.0.1:1:2");
    CAPTURE(text);
    const auto endpoint = parse_listen_address(text, 1688);
    REQUIRE_FALSE(endpoint);
    CHECK(endpoint.error().find("'" + text + "'") != std::string::npos);
}

TEST_CASE("peer key: one peer has many addresses in IPv6, and one in IPv4", "[net]") {
    const auto key = [](const char* text) { return peer_key(IpAddress::parse(text).value()); };
    CHECK(key("2001:db8:1:2::1") == key("2001:db8:1:2:ffff::9"));
    CHECK_FALSE(key("2001:db8:1:2::1") == key("2001:db8:1:3::1"));
    CHECK_FALSE(key("192.0.2.1") == key("192.0.2.2"));
    CHECK(key("::ffff:192.0.2.1") == key("192.0.2.1"));
}

TEST_CASE("random source: no block comes twice, whatever the size", "[net]") {
    RandomSource source;
    std::set<std::array<std::uint8_t, 16>> seen;
    for (int i = 0; i < 1000; ++i) {  // some four blocks of the kernel's
        std::array<std::uint8_t, 16> block{};
        source.fill(std::span{block}.first(8));
        source.fill(std::span{block}.subspan(8));
        seen.insert(block);
    }
    CHECK(seen.size() == 1000);
    std::vector<std::uint8_t> large(10'000);
    source.fill(large);
    CHECK(std::set<std::uint8_t>(large.begin(), large.end()).size() == 256);
}

TEST_CASE("connection table: touched ones go behind the others, in all and of their peer", "[net]") {
    ConnectionTable table;
    const auto one = IpAddress::parse("192.0.2.1").value();
    const auto two = IpAddress::parse("192.0.2.2").value();
    const session::TimePoint start{};
    auto& a = table.add(nullptr, one, start);
    auto& b = table.add(nullptr, two, start);
    auto& c = table.add(nullptr, one, start);
    CHECK(table.oldest() == &a);
    table.touch(a, start + std::chrono::seconds{1});
    CHECK(table.oldest() == &b);
    CHECK(table.oldest_of(one) == &c);
    CHECK(table.count_of(one) == 2);
    table.remove(b);
    CHECK(table.oldest() == &c);
    CHECK(table.count_of(two) == 0);
    CHECK(table.oldest_of(two) == nullptr);
    table.remove(c);
    table.remove(a);
    CHECK(table.count() == 0);
    CHECK(table.oldest() == nullptr);
}
