// KMS is recognised by its bind on any port, and by the port alone only where the bytes do not say otherwise. A conversation
// that is not there is as bad as one that is missed.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "libdiag/proto/dcerpc/stub.h"
#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"

namespace diag::test {
namespace {

using Random = std::mt19937_64;

// The endpoint mapper and the security accounts manager, two interfaces that every Windows server has.
constexpr Uuid epm_interface = *Uuid::parse("e1af8308-5d1f-11c9-91a4-08002b14a0fa");
constexpr Uuid samr_interface = *Uuid::parse("12345778-1234-abcd-ef00-0123456789ac");

ByteVector random_bytes(Random& random, std::size_t size) {
    ByteVector out(size);
    for (auto& byte : out) byte = static_cast<std::uint8_t>(random());
    return out;
}

// A call of another interface: operation 3 with 64 bytes that mean something there.
ByteVector other_request(std::uint32_t call_id) {
    dcerpc::Pdu pdu;
    pdu.header.ptype = 0;
    pdu.header.call_id = call_id;
    const ByteVector stub(64, 0x41);
    pdu.body = dcerpc::Request{.alloc_hint = 64, .context_id = 0, .opnum = 3, .stub = stub};
    return dcerpc::encode_pdu(pdu);
}

ByteVector other_response(std::uint32_t call_id) {
    dcerpc::Pdu pdu;
    pdu.header.ptype = 2;
    pdu.header.call_id = call_id;
    const ByteVector stub(48, 0x42);
    pdu.body = dcerpc::Response{.alloc_hint = 48, .context_id = 0, .stub = stub};
    return dcerpc::encode_pdu(pdu);
}

std::vector<TestPacket> other_rpc(std::uint16_t port, const Uuid& interface) {
    ConversationScript script{{.host = endpoint("192.0.2.10", port)}};
    script.tcp.handshake();
    script.client(script.bind_pdu(interface)).bind_ack();
    for (std::uint32_t id = 2; id < 6; ++id) script.client(other_request(id)).host(other_response(id));
    script.tcp.fin(Side::client).fin(Side::host);
    return std::move(script.tcp.packets);
}

TEST_CASE("recognition: RPC for other interfaces is no KMS conversation, on whatever port", "[dissect][recognition]") {
    for (const Uuid& interface : {epm_interface, samr_interface}) {
        for (const std::uint16_t port : std::initializer_list<std::uint16_t>{1688, 135, 49667}) {
            INFO(to_string(interface) << " on " << port);
            const Tracked tracked = track(other_rpc(port, interface));
            CHECK(tracked.conversations.empty());
            CHECK(tracked.statistics.other_rpc_count == (port == 1688 ? 1 : 0));
        }
    }
}

TEST_CASE("recognition: RPC for other interfaces is no KMS conversation when the capture begins in the middle",
          "[dissect][recognition]") {
    for (const std::uint16_t port : std::initializer_list<std::uint16_t>{1688, 135}) {
        const auto packets = other_rpc(port, samr_interface);
        const auto all = views_of(packets);
        for (std::size_t skipped = 1; skipped < all.size(); ++skipped) {
            INFO("without the first " << skipped << " packets, port " << port);
            const std::vector<PacketView> rest{all.begin() + static_cast<std::ptrdiff_t>(skipped), all.end()};
            CHECK(track(rest).conversations.empty());
        }
    }
}

// ---- scans

TcpScript half_open(const std::string& client, const std::string& host, std::uint16_t client_port) {
    TcpScript script{{.client = endpoint(client, client_port), .host = endpoint(host, 1688)}};
    script.syn().syn_ack();
    script.segment(Side::client, {.sequence = script.next_sequence(Side::client), .flags = 0x04}, {});
    return script;
}

TcpScript full_connect(const std::string& client, const std::string& host, std::uint16_t client_port) {
    TcpScript script{{.client = endpoint(client, client_port), .host = endpoint(host, 1688)}};
    script.handshake().rst(Side::client);
    return script;
}

TEST_CASE("recognition: a port that is opened and closed without a byte is no conversation", "[dissect][recognition]") {
    for (const auto scan : {half_open, full_connect}) {
        const auto tracked = track(scan("192.0.2.66", "192.0.2.10", 40000).packets);
        CHECK(tracked.conversations.empty());
        CHECK(tracked.statistics.empty_connection_count == 1);
    }
    TcpScript polite{{.client = endpoint("192.0.2.66", 40000), .host = endpoint("192.0.2.10", 1688)}};
    polite.handshake().fin(Side::client).fin(Side::host).ack(Side::client);
    CHECK(track(polite.packets).conversations.empty());
}

TEST_CASE("recognition: a scan of many hosts is told as one, whatever the hosts answer", "[dissect][recognition]") {
    std::vector<TestPacket> packets;
    for (int i = 1; i <= 60; ++i) {
        const std::string host = "198.51.100." + std::to_string(i);
        TcpScript script{{.client = endpoint("192.0.2.66", static_cast<std::uint16_t>(40000 + i)),
                          .host = endpoint(host, 1688),
                          .start = {1'764'000'000'000'000'000 + i * 50'000'000LL}}};
        script.syn();
        if (i % 3 == 0) script.rst(Side::host);
        if (i % 3 == 1) script.syn_ack().rst(Side::client);
        packets.insert(packets.end(), script.packets.begin(), script.packets.end());
    }
    const Tracked tracked = track(packets);
    CHECK(tracked.conversations.empty());
    REQUIRE(tracked.scans.size() == 1);
    CHECK(tracked.scans.front().client == ip("192.0.2.66"));
}

TEST_CASE("recognition: a scan of the ports of one host leaves no conversation on the KMS port",
          "[dissect][recognition]") {
    std::vector<TestPacket> packets;
    for (std::uint16_t port = 1660; port <= 1700; ++port) {
        TcpScript script{{.client = endpoint("192.0.2.66", static_cast<std::uint16_t>(41000 + port)),
                          .host = endpoint("192.0.2.10", port),
                          .start = {1'764'000'000'000'000'000 + port * 10'000'000LL}}};
        script.syn().rst(Side::host);
        packets.insert(packets.end(), script.packets.begin(), script.packets.end());
    }
    CHECK(track(packets).conversations.empty());
}

TEST_CASE("recognition: a client that tries twelve hosts slowly, one after the other, is no scan",
          "[dissect][recognition]") {
    for (const std::int64_t pause_ns : {std::int64_t{30'000'000'000}, std::int64_t{1'000'000}}) {
        std::vector<TestPacket> packets;
        std::int64_t start_ns = 1'764'000'000'000'000'000;
        for (unsigned host = 1; host <= 12; ++host) {
            TcpScript script{{.client = endpoint("192.0.2.77", static_cast<std::uint16_t>(40'000 + host)),
                              .host = endpoint("198.51.100." + std::to_string(host), 1688),
                              .start = {start_ns}}};
            script.syn();
            for (auto& packet : script.packets) packets.push_back(std::move(packet));
            start_ns += pause_ns;
        }
        const Tracked tracked = track(with_silence(packets));
        INFO("a host every " << pause_ns << " ns");
        CHECK(tracked.conversations.size() == (pause_ns > 1'000'000 ? 12 : 0));
        CHECK(tracked.scans.size() == (pause_ns > 1'000'000 ? 0 : 1));
    }
}

TEST_CASE("recognition: a long conversation of cut packets on the KMS port is reported from its SYN on",
          "[dissect][recognition]") {
    ConversationScript script;
    script.tcp.handshake();
    script.bind().bind_ack();
    for (int i = 0; i < 300; ++i) script.request().response();
    const auto packets = script.packets();
    std::vector<PacketView> cut;
    for (PacketView packet : views_of(packets)) {
        packet.data = head(packet.data, 84);
        cut.push_back(packet);
    }
    std::size_t exchange_count = 0;
    for (const Seen& seen : track(cut).conversations) exchange_count += seen.call_ids.size();
    CHECK(exchange_count == 300);
}

TEST_CASE("recognition: an old SYN amid a conversation does not break it, the SYN of a new one ends it",
          "[dissect][recognition]") {
    for (const std::uint16_t port : {std::uint16_t{1688}, std::uint16_t{50'123}}) {
        INFO("port " << port);
        ConversationScript script{{.host = endpoint("192.0.2.10", port)}};
        script.tcp.handshake();
        script.bind();
        script.tcp.segment(Side::client, {.sequence = 77'777'777, .flags = 0x02}, {});
        script.bind_ack().request().response();
        const Tracked stray = track(script.packets());
        REQUIRE(stray.conversations.size() == 1);
        CHECK(stray.conversations.front().answered == std::vector<bool>{true});
        CHECK(stray.conversations.front().findings.empty());
        // Neither was closed in the capture; the second has the same ports and other sequence numbers.
        auto both = script.packets();
        ConversationOptions options{.host = endpoint("192.0.2.10", port)};
        options.client_isn = 500'000'000;
        options.host_isn = 900'000'000;
        for (auto& packet : conversation(options)) both.push_back(std::move(packet));
        const Tracked tracked = track(both);
        REQUIRE(tracked.conversations.size() == 2);
        CHECK(tracked.conversations[0].answered == std::vector<bool>{true});
        CHECK(tracked.conversations[1].answered == std::vector<bool>{true});
        CHECK(tracked.conversations[1].findings.empty());
    }
}

TEST_CASE("recognition: a client with three hosts, none of which listens, is no scan", "[dissect][recognition]") {
    std::vector<TestPacket> packets;
    for (int i = 1; i <= 3; ++i) {
        TcpScript script{{.client = endpoint("192.0.2.77", static_cast<std::uint16_t>(40000 + i)),
                          .host = endpoint("192.0.2." + std::to_string(i), 1688)}};
        script.syn().rst(Side::host);
        packets.insert(packets.end(), script.packets.begin(), script.packets.end());
    }
    const Tracked tracked = track(packets);
    REQUIRE(tracked.conversations.size() == 3);
    for (const Seen& seen : tracked.conversations) CHECK(seen.outcome == check::Outcome::refused_by_rst);
    CHECK(tracked.scans.empty());
}

// ---- other traffic

TEST_CASE("recognition: a client whose own port is 1688 does not make TLS to port 443 a KMS conversation",
          "[dissect][recognition]") {
    ByteVector hello = bytes({0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03});
    hello.resize(517, 0x5a);
    ByteVector answer = bytes({0x16, 0x03, 0x03, 0x00, 0x7a, 0x02, 0x00, 0x00, 0x76, 0x03, 0x03});
    answer.resize(1400, 0xa5);
    TcpScript script{{.client = endpoint("192.0.2.77", 1688), .host = endpoint("203.0.113.5", 443)}};
    script.handshake().send(Side::client, hello).send(Side::host, answer).ack(Side::client);
    script.send(Side::client, answer).send(Side::host, hello).fin(Side::client).fin(Side::host);
    const auto all = views_of(script.packets);
    for (std::size_t skipped = 0; skipped < all.size(); ++skipped) {
        INFO("without the first " << skipped << " packets");
        CHECK(track(std::vector(all.begin() + static_cast<std::ptrdiff_t>(skipped), all.end())).conversations.empty());
    }
}

TEST_CASE("recognition: random bytes on random ports are no KMS conversation", "[dissect][recognition]") {
    Random random{7};
    for (int round = 0; round < 200; ++round) {
        std::uint16_t port = static_cast<std::uint16_t>(random());
        if (port == 1688 || port == 0) port = 443;
        TcpScript script{{.client = endpoint("192.0.2.77", 40000), .host = endpoint("192.0.2.10", port)}};
        script.handshake();
        for (int i = 0; i < 6; ++i) {
            ByteVector payload = random_bytes(random, 1 + random() % 1400);
            // Every third one begins as an RPC PDU does: version 5.0 and a type.
            if (i % 3 == 0 && payload.size() > 8) {
                payload[0] = 5;
                payload[1] = 0;
                payload[2] %= 20;
                payload[4] = 0x10;
            }
            script.send(i % 2 == 0 ? Side::client : Side::host, payload);
        }
        script.fin(Side::client).fin(Side::host);
        const auto all = views_of(script.packets);
        INFO("round " << round);
        REQUIRE(track(all).conversations.empty());
        REQUIRE(track(std::vector(all.begin() + 3, all.end())).conversations.empty());
    }
}

TEST_CASE("recognition: UDP on port 1688 is no KMS conversation, even if it carries a bind", "[dissect][recognition]") {
    ConversationScript script;
    const Endpoint client = endpoint("192.0.2.77", 49701);
    const Endpoint host = endpoint("192.0.2.10", 1688);
    constexpr std::uint8_t udp = 17;
    std::vector<TestPacket> packets;
    packets.push_back(
        {{}, ethernet_ip(ip_packet(client.ip, host.ip, udp, udp_datagram(client, host, script.bind_pdu())))});
    packets.push_back(
        {{}, ethernet_ip(ip_packet(host.ip, client.ip, udp, udp_datagram(host, client, script.bind_ack_pdu())))});
    CHECK(track(packets).conversations.empty());
}

struct Protocol {
    std::string name;
    std::string client, host;
};

TEST_CASE("recognition: another protocol on the KMS port is told as what it is and has no PDUs",
          "[dissect][recognition]") {
    std::string tls_hello("\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\x03\x03", 11);
    tls_hello.resize(249, 'Z');
    const std::string tls_alert("\x15\x03\x01\x00\x02\x02\x28", 7);
    const Protocol protocols[] = {
        {"HTTP", "GET / HTTP/1.1\r\nHost: kms.example.test\r\n\r\n",
         "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"},
        {"TLS", tls_hello, tls_alert},
        {"SSH", "SSH-2.0-OpenSSH_9.2p1\r\n", "SSH-2.0-OpenSSH_9.6\r\n"},
    };
    for (const Protocol& protocol : protocols) {
        INFO(protocol.name);
        TcpScript script{{.client = endpoint("192.0.2.77", 40000), .host = endpoint("192.0.2.10", 1688)}};
        script.handshake().send(Side::client, bytes_of(protocol.client)).send(Side::host, bytes_of(protocol.host));
        script.fin(Side::host).fin(Side::client);
        const Tracked tracked = track(script.packets);
        REQUIRE(tracked.conversations.size() == 1);
        const Seen& seen = tracked.conversations.front();
        CHECK(seen.outcome == check::Outcome::not_rpc);
        CHECK(seen.pdu_count == 0);
        REQUIRE(seen.has("KMS-NOT-RPC"));
        CHECK_THAT(seen.finding("KMS-NOT-RPC")->title, Catch::Contains(protocol.name));
    }
}

TEST_CASE("recognition: a host that answers a bind in another protocol is not_rpc, and the bind stays visible",
          "[dissect][recognition]") {
    ConversationScript script;
    script.tcp.handshake();
    script.bind().host(bytes_of("HTTP/1.0 400 Bad request\r\n\r\n"));
    script.tcp.fin(Side::host).fin(Side::client);
    const Tracked tracked = track(script.packets());
    REQUIRE(tracked.conversations.size() == 1);
    CHECK(tracked.conversations.front().outcome == check::Outcome::not_rpc);
    CHECK(tracked.conversations.front().pdu_count == 1);
}

// ---- KMS itself

TEST_CASE("recognition: a KMS bind makes a KMS conversation on every port", "[dissect][recognition]") {
    for (const std::uint16_t port :
         std::initializer_list<std::uint16_t>{1, 53, 80, 135, 443, 1687, 1689, 49664, 65535}) {
        const auto packets = conversation({.host = endpoint("192.0.2.10", port)});
        const Tracked tracked = track(packets);
        INFO("port " << port);
        REQUIRE(tracked.conversations.size() == 1);
        CHECK(tracked.conversations.front().recognized_by == dissect::RecognizedBy::bind);
        CHECK(tracked.conversations.front().outcome == check::Outcome::complete);
        CHECK(tracked.conversations.front().host == endpoint("192.0.2.10", port));
    }
}

TEST_CASE("recognition: a KMS bind is enough where its handshake was not captured", "[dissect][recognition]") {
    const auto packets = conversation({.host = endpoint("192.0.2.10", 50123)});
    const std::vector<TestPacket> rest{packets.begin() + 3, packets.end()};
    const Tracked tracked = track(rest);
    REQUIRE(tracked.conversations.size() == 1);
    CHECK(tracked.conversations.front().has("KMS-CAPTURE-NO-START"));
    CHECK(tracked.conversations.front().call_ids.size() == 1);
}

TEST_CASE("recognition: without its bind a KMS conversation is known by the KMS port alone", "[dissect][recognition]") {
    for (const auto& [port, kms_port] : std::initializer_list<std::pair<std::uint16_t, std::uint16_t>>{
             {1688, 1688}, {50123, 50123}, {50123, 1688}, {1688, 50123}}) {
        ConversationScript script{{.host = endpoint("192.0.2.10", port)}};
        script.tcp.handshake();
        script.bind().bind_ack();
        const std::size_t skipped = script.packets().size();
        script.request().response().request().response();
        const std::vector<TestPacket> rest{script.packets().begin() + static_cast<std::ptrdiff_t>(skipped),
                                           script.packets().end()};
        const Tracked tracked = track(rest, {.kms_port = kms_port});
        INFO("host port " << port << ", --port " << kms_port);
        if (port != kms_port) {
            CHECK(tracked.conversations.empty());
            continue;
        }
        REQUIRE(tracked.conversations.size() == 1);
        const Seen& seen = tracked.conversations.front();
        CHECK(seen.recognized_by == dissect::RecognizedBy::port);
        CHECK(seen.answered == std::vector<bool>{true, true});
        CHECK(seen.host.port == port);
    }
}

TEST_CASE("recognition: KMS that comes by alter_context, behind a bind to another interface, is found with its start",
          "[dissect][recognition]") {
    for (const std::uint16_t port : {std::uint16_t{1688}, std::uint16_t{50'123}}) {
        ConversationScript script{{.host = endpoint("192.0.2.10", port)}};
        script.tcp.handshake();
        script.client(script.bind_pdu(samr_interface)).bind_ack();
        script.client(other_request(1)).host(other_response(1));
        script.client(script.alter_context_pdu()).host(script.alter_context_resp_pdu());
        script.request().response();
        script.tcp.fin(Side::client).fin(Side::host);
        const Tracked tracked = track(script.packets());
        INFO("port " << port);
        REQUIRE(tracked.conversations.size() == 1);
        const Seen& seen = tracked.conversations.front();
        CHECK(seen.answered == std::vector<bool>{true});
        CHECK(seen.outcome == check::Outcome::complete);
        CHECK(seen.findings.empty());
    }
}

TEST_CASE("recognition: a bind in the SYN is part of the conversation", "[dissect][recognition]") {
    for (const std::uint16_t port : {std::uint16_t{1688}, std::uint16_t{50'123}}) {
        ConversationScript script{{.host = endpoint("192.0.2.10", port)}};
        const ByteVector bind = script.bind_pdu();
        script.tcp.segment(Side::client, {.sequence = 1000, .flags = 0x02}, bind);
        // The host did not take the data (RFC 7413 4.2.2), so it is sent again behind the handshake.
        script.tcp.handshake();
        script.client(bind).bind_ack().request().response();
        script.tcp.fin(Side::client).fin(Side::host);
        const Tracked again = track(script.packets());
        INFO("port " << port);
        REQUIRE(again.conversations.size() == 1);
        CHECK(again.conversations.front().findings.empty());
        CHECK(again.conversations.front().pdu_count == 4);
        // Without that packet (behind two SYNs, SYN-ACK and ACK) the capture still has the bind once, in the SYN.
        auto once = script.packets();
        once.erase(once.begin() + 4);
        const Tracked tracked = track(once);
        REQUIRE(tracked.conversations.size() == 1);
        CHECK(tracked.conversations.front().pdu_count == 4);
        CHECK(tracked.conversations.front().outcome == check::Outcome::complete);
        CHECK(tracked.conversations.front().findings.empty());
    }
}

TEST_CASE("recognition: a keep-alive before the first byte hides no conversation and no start",
          "[dissect][recognition]") {
    for (const std::uint16_t port : {std::uint16_t{1688}, std::uint16_t{50'123}}) {
        ConversationScript script{{.host = endpoint("192.0.2.10", port)}};
        script.tcp.handshake();
        script.tcp.segment(Side::client,
                           {.sequence = script.tcp.next_sequence(Side::client) - 1,
                            .acknowledgment = script.tcp.next_sequence(Side::host)},
                           bytes({0}));
        script.bind().bind_ack().request().response();
        script.tcp.fin(Side::client).fin(Side::host);
        const Tracked tracked = track(script.packets());
        INFO("port " << port);
        REQUIRE(tracked.conversations.size() == 1);
        CHECK(tracked.conversations.front().findings.empty());
    }
}

TEST_CASE("recognition: fragmented calls without their bind are known on the KMS port", "[dissect][recognition]") {
    ConversationScript script{{.fragment_size = 64}};
    script.tcp.handshake();
    script.bind().bind_ack();
    const auto skipped = static_cast<std::ptrdiff_t>(script.packets().size());
    script.request().response();
    const std::vector<TestPacket> rest{script.packets().begin() + skipped, script.packets().end()};
    const Tracked tracked = track(rest);
    REQUIRE(tracked.conversations.size() == 1);
    CHECK(tracked.conversations.front().answered == std::vector<bool>{true});
}

TEST_CASE("recognition: a client port of 1688 does not turn client and host around", "[dissect][recognition]") {
    const auto packets = conversation({.client = endpoint("192.0.2.77", 1688), .host = endpoint("192.0.2.10", 1688)});
    const auto all = views_of(packets);
    const Tracked tracked = track(all);
    REQUIRE(tracked.conversations.size() == 1);
    CHECK(tracked.conversations.front().client == endpoint("192.0.2.77", 1688));
    CHECK(tracked.conversations.front().outcome == check::Outcome::complete);
}

}  // namespace
}  // namespace diag::test
