// DNS over TCP: messages in whatever segments, and connections that do not come about.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/support/dissect/decode_packets.h"
#include "tests/support/dissect/dns_script.h"

namespace diag::test {
namespace {

using Said = std::vector<std::string>;

constexpr std::uint16_t name_error = 3;
const std::string service = "_vlmcs._tcp.corp.test";

ByteVector framed(const DnsMessage& message) {
    const ByteVector body = to_bytes(message);
    const auto size = static_cast<unsigned>(body.size());
    return join({bytes({size >> 8U, size & 0xFFU}), body});
}

DnsMessage answer_to(std::uint16_t id, const std::string& name, std::uint16_t rcode = 0) {
    DnsMessage message{.id = id, .flags = static_cast<std::uint16_t>(dns_flags::answer | rcode), .name = name};
    if (rcode == 0) message.answers = {srv_record(name, "kms.corp.test"), srv_record(name, "kms2.corp.test")};
    return message;
}

DnsScript with_truncated_answer() {
    DnsScript script;
    script.ask({}).answer({.flags = dns_flags::truncated_answer});
    return script;
}

TcpScript connection(const DnsScript& script) {
    return TcpScript{{.client = endpoint("192.0.2.77", 50'002), .host = script.server, .start = script.now()}};
}

TEST_CASE("dns over tcp: an answer is read from segments of every size", "[dissect][dns]") {
    const ByteVector question = framed({.id = 5}), answer = framed(answer_to(5, service));
    for (std::size_t size = 1; size <= answer.size(); ++size) {
        DnsScript script = with_truncated_answer();
        TcpScript tcp = connection(script);
        tcp.handshake().send(Side::client, question, size).send(Side::host, answer, size);
        tcp.fin(Side::client).fin(Side::host);
        script.add(tcp.packets);
        REQUIRE(script.said().empty());
        const auto document = script.documents().at(0);
        const auto& lookups = document.at("lookups").as_array();
        REQUIRE(lookups.size() == 2);
        CHECK(lookups.at(1).at("transport").as_string() == "tcp");
        CHECK(document.at("answers").as_array().size() == 2);
    }
}

TEST_CASE("dns over tcp: segments out of order and repeated make the same answer", "[dissect][dns]") {
    DnsScript script = with_truncated_answer();
    TcpScript tcp = connection(script);
    tcp.handshake().send(Side::client, framed({.id = 5})).send(Side::host, framed(answer_to(5, service)), 30);
    auto packets = tcp.packets;
    std::reverse(packets.begin() + 4, packets.end());
    packets.push_back(packets.back());
    for (std::size_t i = 0; i < packets.size(); ++i)
        packets[i].time = {script.now().ns + static_cast<std::int64_t>(i) * 1000};
    script.add(packets);
    CHECK(script.said().empty());
    CHECK(script.documents().at(0).at("answers").as_array().size() == 2);
}

TEST_CASE("dns over tcp: several messages share a connection and a segment", "[dissect][dns]") {
    const std::string other = "_vlmcs._tcp.other.test";
    DnsScript script;
    TcpScript tcp = connection(script);
    tcp.handshake().send(Side::client, join({framed({.id = 5}), framed({.id = 6, .name = other})}));
    tcp.send(Side::host, join({framed(answer_to(6, other, name_error)), framed(answer_to(5, service, name_error))}));
    script.add(tcp.packets);
    CHECK(script.said() == Said{"KMS-DNS-NO-RECORD, 0x8007232B", "KMS-DNS-NO-RECORD, 0x8007232B"});
}

TEST_CASE("dns over tcp: a truncated answer that cannot be asked for again is blocked", "[dissect][dns]") {
    const Said blocked{"KMS-DNS-TCP-BLOCKED, 0x8007232A"};
    DnsScript refused = with_truncated_answer();
    refused.capture_goes_on = false;
    refused.add(connection(refused).syn().rst(Side::host).packets);
    CHECK(refused.said() == blocked);
    DnsScript silent = with_truncated_answer();
    silent.add(connection(silent).syn().syn().packets);
    CHECK(silent.said() == blocked);
    DnsScript rejected = with_truncated_answer();
    rejected.capture_goes_on = false;
    rejected.add(connection(rejected).syn().unreachable(ip("192.0.2.1"), 13).packets);
    CHECK(rejected.said() == blocked);
    DnsScript without_answer = with_truncated_answer();
    without_answer.add(
        connection(without_answer).handshake().send(Side::client, framed({.id = 5})).fin(Side::host).packets);
    CHECK(without_answer.said() == blocked);
}

TEST_CASE("dns over tcp: a capture without TCP does not tell what became of a truncated answer", "[dissect][dns]") {
    CHECK(with_truncated_answer().said().empty());
}

TEST_CASE("dns over tcp: every beginning of the answer leaves the question open", "[dissect][dns]") {
    const ByteVector answer = framed(answer_to(5, service));
    for (std::size_t size = 0; size < answer.size(); ++size) {
        DnsScript script = with_truncated_answer();
        TcpScript tcp = connection(script);
        tcp.handshake().send(Side::client, framed({.id = 5}));
        if (size > 0) tcp.send(Side::host, head(answer, size));
        script.add(tcp.packets);
        CHECK(script.said() == Said{"KMS-DNS-TCP-BLOCKED, 0x8007232A"});
    }
}

TEST_CASE("dns over tcp: once the whole answer came, a later connection to the server is no look-up",
          "[dissect][dns]") {
    DnsScript script = with_truncated_answer();
    TcpScript tcp = connection(script);
    tcp.handshake().send(Side::client, framed({.id = 5})).send(Side::host, framed(answer_to(5, service)));
    script.add(tcp.packets);
    for (std::uint16_t i = 0; i < 3; ++i) {
        TcpScript later{{.client = endpoint("192.0.2.77", static_cast<std::uint16_t>(50'003 + i)),
                         .host = script.server,
                         .start = script.now()}};
        script.add(later.handshake().fin(Side::client).fin(Side::host).packets);
    }
    const auto documents = script.documents();
    REQUIRE(documents.size() == 1);
    CHECK(documents[0].at("lookups").as_array().size() == 2);
    CHECK(script.said().empty());
}

TEST_CASE("dns over tcp: a connection that brought nothing does not hide the next one", "[dissect][dns]") {
    DnsScript script = with_truncated_answer();
    script.add(connection(script).syn().rst(Side::host).packets);
    TcpScript again{{.client = endpoint("192.0.2.77", 50'003), .host = script.server, .start = script.now()}};
    script.add(again.syn().rst(Side::host).packets);
    CHECK(script.documents().at(0).at("lookups").as_array().size() == 3);
}

TEST_CASE("dns over tcp: the first server that was asked decides, though another was faster with a whole answer",
          "[dissect][dns]") {
    DnsScript script = with_truncated_answer();
    const Endpoint first = script.server;
    script.server.ip = ip("192.0.2.54");
    script.lookup({.id = 2}, {srv_record(service, "kms.corp.test")});
    script.server = first;
    TcpScript tcp = connection(script);
    tcp.handshake().send(Side::client, framed({.id = 5})).send(Side::host, framed(answer_to(5, service)));
    script.add(tcp.packets);
    const auto document = script.documents().at(0);
    CHECK(document.at("lookups").as_array().size() == 3);
    CHECK(document.at("server").at("ip").as_string() == "192.0.2.53");
    CHECK(document.at("answers").as_array().size() == 2);
    CHECK(document.at("packets").as_array() == boost::json::array{8, 9});
}

TEST_CASE("dns over tcp: IPv6 carries it as well", "[dissect][dns]") {
    DnsScript script;
    TcpScript tcp{
        {.client = endpoint("2001:db8:1::77", 50'002), .host = endpoint("2001:db8:1::53", 53), .start = script.now()}};
    tcp.handshake().send(Side::client, framed({.id = 5})).send(Side::host, framed(answer_to(5, service, name_error)));
    script.add(tcp.packets);
    CHECK(script.said() == Said{"KMS-DNS-NO-RECORD, 0x8007232B"});
}

}  // namespace
}  // namespace diag::test
