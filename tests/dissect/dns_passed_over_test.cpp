// Hosts and addresses that a client found in DNS and that failed: passed over for others, or the end of it.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/support/dissect/decode_packets.h"
#include "tests/support/dissect/dns_client.h"

namespace diag::test {
namespace {

using Said = std::vector<std::string>;

std::vector<TestPacket> refused_by(const DnsScript& script, std::string_view address,
                                   std::uint16_t client_port = 49'700) {
    TcpScript tcp{
        {.client = endpoint("192.0.2.77", client_port), .host = endpoint(address, 1688), .start = script.now()}};
    tcp.syn().rst(Side::host);
    return tcp.packets;
}

DnsScript two_hosts() {
    DnsScript script = with_service({srv_record(service, other_host), srv_record(service, host)});
    script.lookup(question_of(other_host, type_a), {address_record(other_host, "192.0.2.11")})
        .lookup(question_of(host, type_a), {address_record(host, "192.0.2.10")});
    return script;
}

TEST_CASE("dns search: a host that fails before another one serves the client is passed over", "[dissect][dns]") {
    DnsScript script = two_hosts();
    script.add(refused_by(script, "192.0.2.11"));
    script.add(activation(script));
    CHECK(script.said() == Said{"KMS-HOST-SKIPPED"});
    const auto documents = script.documents();
    const auto& conversation = documents.at(1);
    CHECK(conversation.at("found_through").as_object().at("target").as_string() == other_host);
    const auto& finding = conversation.at("findings").as_array().at(0).as_object();
    CHECK(finding.at("target").as_string() == "kms2.corp.test:1688");
    CHECK(finding.at("packets").as_array() == boost::json::array{7, 8});
    const auto packets = script.packets();
    CHECK_THAT(decode_text(views_of(packets)), Catch::Contains("; 0 critical findings, 1 warning\n") ||
                                                   Catch::Contains("           0 critical findings, 1 warning\n"));
}

TEST_CASE("dns search: a host that is silent before another one serves the client is passed over", "[dissect][dns]") {
    DnsScript script = two_hosts();
    TcpScript tcp{
        {.client = endpoint("192.0.2.77", 49'700), .host = endpoint("192.0.2.11", 1688), .start = script.now()}};
    tcp.syn();
    script.add(tcp.packets).wait(21'000'000'000);
    script.add(activation(script));
    CHECK(script.said() == Said{"KMS-HOST-SKIPPED"});
}

TEST_CASE("dns search: another address of the same host that serves the client leaves a dead address",
          "[dissect][dns]") {
    DnsScript script = with_service();
    script.lookup(question_of(host, type_a), {address_record(host, "192.0.2.11"), address_record(host, "192.0.2.10")});
    script.add(refused_by(script, "192.0.2.11"));
    script.add(activation(script));
    CHECK(script.said() == Said{"KMS-ADDRESS-DEAD"});
}

// The client asks over IPv4, and connects over IPv6 first.
DnsScript both_families() {
    DnsScript script = with_service();
    script.lookup(question_of(host, type_aaaa), {address_record(host, "2001:db8::10")})
        .lookup(question_of(host, type_a), {address_record(host, "192.0.2.10")});
    return script;
}

std::vector<TestPacket> refused_over_ipv6(const DnsScript& script, std::string_view client = "2001:db8::77") {
    TcpScript tcp{{.client = endpoint(client, 49'700), .host = endpoint("2001:db8::10", 1688), .start = script.now()}};
    tcp.syn().rst(Side::host);
    return tcp.packets;
}

TEST_CASE("dns search: an IPv6 address that fails before the IPv4 address of the host serves the client is dead",
          "[dissect][dns]") {
    DnsScript script = both_families();
    script.add(refused_over_ipv6(script));
    script.add(activation(script));
    CHECK(script.said() == Said{"KMS-ADDRESS-DEAD"});
}

TEST_CASE("dns search: an address of the other family is nobody's when two clients know the host", "[dissect][dns]") {
    DnsScript script = both_families();
    script.client = endpoint("192.0.2.78", 50'001);
    script.lookup({.id = 21}, {srv_record(service, host)})
        .lookup(question_of(host, type_aaaa, 22), {address_record(host, "2001:db8::10")});
    script.add(refused_over_ipv6(script));
    script.add(activation(script));
    CHECK(script.said() == Said{"KMS-CONNECT-REFUSED, 0xC004F074"});
}

TEST_CASE("dns search: a failure stays one when no other host serves the client after it", "[dissect][dns]") {
    const std::string is_refused = "KMS-CONNECT-REFUSED, 0xC004F074";
    DnsScript both = two_hosts();
    both.add(refused_by(both, "192.0.2.11"));
    both.add(refused_by(both, "192.0.2.10", 49'702));
    CHECK(both.said() == Said{is_refused, is_refused});
    DnsScript after = two_hosts();
    after.add(activation(after));
    after.wait(1'000'000'000).add(refused_by(after, "192.0.2.11"));
    CHECK(after.said() == Said{is_refused});
    DnsScript same = two_hosts();
    same.add(refused_by(same, "192.0.2.10"));
    same.add(activation(same));
    CHECK(same.said() == Said{is_refused});
    DnsScript other_search = two_hosts();
    other_search.add(refused_by(other_search, "192.0.2.11")).wait(130'000'000'000);
    other_search.lookup({.id = 9}, {srv_record(service, host)})
        .lookup(question_of(host, type_a, 10), {address_record(host, "192.0.2.10")});
    other_search.add(activation(other_search));
    CHECK(other_search.said() == Said{is_refused});
}

TEST_CASE("dns search: a host that was passed over is so when the one that serves is not selected", "[dissect][dns]") {
    DnsScript script = two_hosts();
    script.add(refused_by(script, "192.0.2.11"));
    script.add(activation(script));
    const auto packets = script.packets();
    const auto documents =
        decode_json(views_of(packets), {.selection = {.hosts = {*decode::parse_end_filter("192.0.2.11")}}});
    REQUIRE(documents.size() == 1);
    CHECK(documents[0].at("findings").as_array().at(0).at("id").as_string() == "KMS-HOST-SKIPPED");
}

}  // namespace
}  // namespace diag::test
