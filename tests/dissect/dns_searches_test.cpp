// The store of the searches that go on: what their memory is, and who makes way when it is short.
#include "libdiag/dissect/dns_searches.h"

#include <catch2/catch.hpp>

#include "tests/support/packet_builder.h"

namespace diag::test {
namespace {

using dissect::DnsLookup;
using dissect::DnsSearches;

constexpr Timestamp now{1'764'000'000'000'000'000};
constexpr std::uint16_t type_srv = 33;
const Endpoint server = endpoint("192.0.2.53", 53), host = endpoint("192.0.2.10", 1688);

DnsLookup question(const IpAddress& client, std::uint16_t id) {
    DnsLookup lookup;
    lookup.client = {client, 50'001};
    lookup.server = server;
    lookup.id = id;
    lookup.query = "_vlmcs._tcp.corp.test";
    lookup.type = type_srv;
    return lookup;
}

DnsSearches::Ref begin(DnsSearches& searches, const IpAddress& client, Timestamp time) {
    dissect::DnsSearch search;
    search.client = client;
    search.query = "_vlmcs._tcp.corp.test";
    search.domain = "corp.test";
    search.type = type_srv;
    const auto ref = searches.begin(std::move(search), time);
    searches.add_question(ref, DnsSearches::Kind::service, question(client, 1));
    return ref;
}

// The search is answered with `target_count` hosts of such names, each at the address of `host`, and the client connects.
void follow(DnsSearches& searches, DnsSearches::Ref ref, unsigned target_count, std::size_t name_size) {
    const auto asked = *searches.find_question(question(ref->search.client, 1));
    DnsLookup& lookup = asked.lookup();
    for (unsigned i = 0; i < target_count; ++i) {
        DnsLookup::Answer& answer = lookup.answers.emplace_back();
        answer.is_srv = true;
        answer.port = host.port;
        answer.target = std::to_string(i) + std::string(name_size, 'k');
    }
    for (const auto& answer : lookup.answers) searches.add_target(ref, lookup, answer);
    searches.close_question(asked);
    for (const auto& [name, target] : ref->targets) searches.add_way(ref, {host, &target, {}, {}});
    searches.add_connection(ref, {host, "kms.corp.test", {}});
}

IpAddress numbered(unsigned number) {
    return ip("10.0." + std::to_string(number / 256) + "." + std::to_string(number % 256));
}

TEST_CASE("dns searches: what was told and forgotten takes no memory, whatever became of it", "[dissect][dns]") {
    DnsSearches searches;
    begin(searches, numbered(1), now);
    searches.add_stray(*searches.find_question(question(numbered(1), 1)), {});
    const auto retried = begin(searches, numbered(2), now);
    DnsLookup attempt = question(numbered(2), 0);
    attempt.connection_only = true;
    for (int i = 0; i < 3; ++i) searches.add_question(retried, DnsSearches::Kind::service, attempt);
    searches.add_question(retried, DnsSearches::Kind::service, question(numbered(2), 7));
    follow(searches, begin(searches, numbered(3), now), 3, 20);
    const std::size_t with_all = searches.memory_size();
    REQUIRE(searches.take_connected(numbered(3), host, now).size() == 1);
    const std::size_t with_kept = searches.memory_size();
    CHECK(with_kept < with_all);
    CHECK(searches.take_all(now).size() == 2);
    CHECK(searches.memory_size() == 0);
}

TEST_CASE("dns searches: one that was told keeps the memory of the ways that it knows", "[dissect][dns]") {
    DnsSearches searches;
    follow(searches, begin(searches, numbered(1), now), 30, 500);
    REQUIRE(searches.take_connected(numbered(1), host, now).size() == 1);
    CHECK(searches.memory_size() >= std::size_t{30} * 500);
}

TEST_CASE("dns searches: those that were told make way for others when memory is short, the oldest first",
          "[dissect][dns][limits]") {
    DnsSearches searches;
    unsigned count = 0;
    for (; !searches.is_due(now); ++count) {
        REQUIRE(count < DnsSearches::max_count);
        follow(searches, begin(searches, numbered(count), now), 64, 500);
        REQUIRE(searches.take_connected(numbered(count), host, now).size() == 1);
    }
    REQUIRE(searches.memory_size() > DnsSearches::max_memory);
    begin(searches, numbered(count), now);
    CHECK(searches.take_due(now).empty());
    CHECK(searches.memory_size() <= DnsSearches::max_memory);
    CHECK(searches.of_client(numbered(0)).empty());
    CHECK(searches.of_client(numbered(count - 1)).size() == 1);
    CHECK(searches.of_client(numbered(count)).size() == 1);
    CHECK(searches.take_all(now).size() == 1);
    CHECK(searches.memory_size() == 0);
}

}  // namespace
}  // namespace diag::test
