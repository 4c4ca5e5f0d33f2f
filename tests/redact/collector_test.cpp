#include "libdiag/redact/collector.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "tests/redact/redact_packets.h"
#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"
#include "tests/support/dissect/dns_script.h"

using namespace diag;
using namespace diag::test;

namespace {

/// What is found in packets, without who is in them.
std::vector<std::string> said_of(const std::vector<PacketView>& packets) {
    std::vector<std::string> said;
    for (const auto& seen : track(packets).conversations) {
        std::string line{check::name_of(seen.outcome)};
        for (const auto& finding : seen.findings) line += fmt::format(" {}", finding.rule->id);
        for (const bool answered : seen.answered) line += answered ? " answered" : " unanswered";
        said.push_back(fmt::format("{} {} PDUs part {}", line, seen.pdu_count, seen.part));
    }
    return said;
}

struct Both {
    std::vector<PacketView> before;
    std::vector<RedactedPacket> made;
    std::vector<PacketView> after() const { return test::views_of(made); }
};

/// The packets must outlive it.
Both both(const std::vector<PacketView>& packets) { return {packets, redacted(packets, test_pseudonyms())}; }
Both both(const std::vector<TestPacket>& packets) { return both(test::views_of(packets)); }
Both both(std::vector<TestPacket>&& packets) = delete;

void check_same(const Both& b) { CHECK(said_of(b.before) == said_of(b.after())); }

bool any_contains(const std::vector<RedactedPacket>& packets, Bytes bytes) {
    return std::ranges::any_of(packets, [&](const auto& packet) { return contains(packet.bytes, bytes); });
}

ByteVector text(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace

TEST_CASE("redaction: a conversation says the same however it was cut into segments", "[redact]") {
    for (const std::uint16_t major : std::initializer_list<std::uint16_t>{4, 5, 6}) {
        for (const std::size_t segment_size : {1UL, 2UL, 3UL, 7UL, 16UL, 17UL, 64UL, 255UL, 1460UL}) {
            const auto packets = conversation({.major = major, .segment_size = segment_size}, 2);
            const Both b = both(packets);
            CHECK(b.made.size() == packets.size());
            check_same(b);
            CHECK_FALSE(any_contains(b.made, test::ip("192.0.2.77").bytes()));
        }
    }
}

TEST_CASE("redaction: packets keep their numbers, times and sizes", "[redact]") {
    const auto packets = conversation({}, 1);
    const Both b = both(packets);
    REQUIRE(b.made.size() == b.before.size());
    for (std::size_t i = 0; i < b.before.size(); ++i) {
        const PacketView& before = b.before[i];
        const PacketView& after = b.made[i].view;
        CHECK(after.number == before.number);
        CHECK(after.time == before.time);
        CHECK(after.original_size == before.original_size);
        CHECK(b.made[i].bytes.size() == before.data.size());
    }
}

TEST_CASE("redaction: lost, repeated and reordered packets say the same", "[redact]") {
    std::mt19937 random{5};
    const auto packets = conversation({.segment_size = 64}, 3);
    const auto start = packets.front().time;
    for (int round = 0; round < 60; ++round) {
        auto views = test::views_of(packets);
        for (int change = 0; change < 3; ++change) {
            const std::size_t at = random() % views.size();
            switch (random() % 3) {
                case 0: views.erase(views.begin() + static_cast<std::ptrdiff_t>(at)); break;
                case 1: views.push_back(views[at]); break;
                default: std::swap(views[at], views[(at + 1) % views.size()]);
            }
        }
        check_same(both(captured(views, start)));
    }
}

TEST_CASE("redaction: cut packets say the same", "[redact]") {
    for (const std::size_t snap_size : {60UL, 74UL, 96UL, 128UL, 200UL, 256UL, 300UL}) {
        const auto packets = conversation({}, 2);
        auto views = test::views_of(packets);
        for (auto& view : views) view.data = head(view.data, snap_size);
        check_same(both(views));
    }
}

TEST_CASE("redaction: a retransmission with other bytes is still one, and shows none of them", "[redact]") {
    ConversationScript script;
    script.tcp.handshake();
    script.bind().bind_ack();
    const std::uint32_t sequence = script.tcp.next_sequence(Side::client);
    script.request();
    script.tcp.segment(Side::client, {.sequence = sequence}, text("OTHER BYTES AT ITS PLACE"));
    script.response();
    script.tcp.fin(Side::client).fin(Side::host);
    const Both b = both(script.packets());
    CHECK(said_of(b.before).front().find("KMS-CAPTURE-OVERLAP") != std::string::npos);
    check_same(b);
    CHECK_FALSE(any_contains(b.made, bytes_of("OTHER")));
}

TEST_CASE("redaction: what stands in the place of RPC is gone, but for what it is", "[redact]") {
    const auto with = [](Side side, std::string_view bytes) {
        ConversationScript script;
        script.tcp.handshake();
        if (side == Side::client) script.tcp.send(Side::client, text(bytes)).ack(Side::host);
        if (side == Side::host) script.bind();
        if (side == Side::host) script.tcp.send(Side::host, text(bytes)).ack(Side::client);
        script.tcp.fin(Side::client).fin(Side::host);
        return script.packets();
    };
    for (const Side side : {Side::client, Side::host}) {
        for (const std::string_view bytes :
             {"HTTP/1.1 400 Bad Request\r\nServer: SECRETNAME\r\n\r\n", "SSH-2.0-SECRETNAME\r\n",
              "220 SECRETNAME ESMTP\r\n", "GET /SECRETNAME HTTP/1.1\r\nHost: SECRETNAME\r\n\r\n",
              "SECRETNAME of no known protocol"}) {
            const auto packets = with(side, bytes);
            const Both b = both(packets);
            check_same(b);
            CHECK_FALSE(any_contains(b.made, bytes_of("SECRETNAME")));
            CHECK(any_contains(b.made, bytes_of(bytes.substr(0, 4))) == !bytes.starts_with("SECR"));
        }
    }
}

TEST_CASE("redaction: a PROXY line in front of RPC loses its addresses", "[redact]") {
    ConversationScript script;
    script.tcp.handshake();
    script.tcp.send(Side::client, text("PROXY TCP4 203.0.113.99 192.0.2.10 40000 1688\r\n")).ack(Side::host);
    script.bind().bind_ack().request().response();
    script.tcp.fin(Side::client).fin(Side::host);
    const Both b = both(script.packets());
    check_same(b);
    CHECK_FALSE(any_contains(b.made, bytes_of("203.0.113")));
}

TEST_CASE("redaction: the beginning of a PDU that never got whole stays one", "[redact]") {
    for (const std::size_t size : {1UL, 10UL, 16UL, 24UL, 60UL}) {
        ConversationScript script;
        script.tcp.handshake();
        script.bind().bind_ack();
        const ByteVector request = script.request_pdus();
        script.tcp.send(Side::client, Bytes{request}.first(size)).ack(Side::host);
        script.tcp.fin(Side::client).fin(Side::host);
        const auto packets = with_silence(script.packets());
        check_same(both(packets));
    }
}

TEST_CASE("redaction: IP fragments are put together, rewritten and taken apart again", "[redact]") {
    ConversationScript script;
    script.tcp.handshake();
    script.bind().bind_ack().request().response();
    script.tcp.fin(Side::client).fin(Side::host);
    std::vector<TestPacket> pieces;
    std::uint32_t id = 1;
    for (const TestPacket& packet : script.packets()) {
        const auto whole = ip::decode_ip(Bytes{packet.frame}.subspan(14));
        REQUIRE(whole);
        if (whole->payload.size() < 100) {
            pieces.push_back(packet);
            continue;
        }
        for (const ByteVector& piece :
             ip_fragments(whole->source, whole->destination, whole->protocol, whole->payload, ++id, 64))
            pieces.push_back({packet.time, ethernet_ip(piece)});
    }
    REQUIRE(pieces.size() > script.packets().size());
    std::ranges::reverse(pieces.begin() + 3, pieces.end() - 4);
    auto in_order = pieces;
    std::ranges::reverse(in_order.begin() + 3, in_order.end() - 4);
    for (const auto& packets : {in_order, pieces}) {
        const Both b = both(captured(test::views_of(packets), pieces.front().time));
        CHECK(b.made.size() == packets.size());
        check_same(b);
        CHECK_FALSE(any_contains(b.made, test::ip("192.0.2.77").bytes()));
    }
}

TEST_CASE("redaction: traffic of others is dropped, and the capture goes on for as long", "[redact]") {
    auto packets = conversation({}, 1);
    const Endpoint web = endpoint("192.0.2.80", 80), browser = endpoint("192.0.2.81", 50'000);
    const auto add = [&](const ByteVector& ip_packet) {
        packets.push_back({{packets.back().time.ns + 1'000'000'000}, ethernet_ip(ip_packet)});
    };
    add(ip_packet(browser.ip, web.ip, 6,
                  tcp_segment(browser, web, {.flags = 0x18}, text("GET /SECRET HTTP/1.1\r\n\r\n"))));
    add(ip_packet(browser.ip, web.ip, 17, udp_datagram(browser, {web.ip, 53}, to_bytes({.name = "secret.example"}))));
    add(ip_packet(browser.ip, web.ip, 17, udp_datagram(browser, {web.ip, 514}, text("syslog SECRET"))));
    const Both b = both(packets);
    REQUIRE(b.made.size() == packets.size() - 2);
    CHECK(b.made.back().bytes.empty());
    CHECK(b.made.back().view.time == packets.back().time);
    CHECK(b.made.back().view.original_size == packets.back().frame.size());
}

TEST_CASE("redaction: a search in DNS is kept, over UDP and TCP", "[redact]") {
    DnsScript script;
    const DnsMessage question{.id = 7, .name = "_vlmcs._tcp.corp.example"};
    script.lookup(question, {srv_record("_vlmcs._tcp.corp.example", "kmshost.corp.example")});
    script.lookup({.id = 8, .name = "kmshost.corp.example", .type = 1},
                  {address_record("kmshost.corp.example", "192.0.2.10")});
    const auto packets = script.packets();
    const Both b = both(packets);
    CHECK(b.made.size() == 5);  // and the end of the capture
    for (const char* name : {"corp", "example", "kmshost"}) CHECK_FALSE(any_contains(b.made, bytes_of(name)));
    CHECK(any_contains(b.made, bytes_of("_vlmcs")));
    CHECK_FALSE(any_contains(b.made, test::ip("192.0.2.10").bytes()));
}

TEST_CASE("redaction: a DNS message over TCP is rewritten across its segments", "[redact]") {
    const auto framed = [](const DnsMessage& message) {
        const ByteVector bytes_ = to_bytes(message);
        return join(
            {bytes({static_cast<unsigned>(bytes_.size() / 256), static_cast<unsigned>(bytes_.size() % 256)}), bytes_});
    };
    const DnsMessage question{.id = 7, .name = "_vlmcs._tcp.corp.example"};
    const DnsMessage answer{.id = 7,
                            .flags = dns_flags::answer,
                            .name = "_vlmcs._tcp.corp.example",
                            .answers = {srv_record("_vlmcs._tcp.corp.example", "kmshost.corp.example")}};
    for (const std::size_t segment_size : {1UL, 2UL, 5UL, 1460UL}) {
        TcpScript tcp{{.client = endpoint("192.0.2.77", 50'001), .host = endpoint("192.0.2.53", 53)}};
        tcp.handshake();
        tcp.send(Side::client, framed(question), segment_size).ack(Side::host);
        tcp.send(Side::host, framed(answer), segment_size).ack(Side::client);
        tcp.fin(Side::client).fin(Side::host);
        const Both b = both(tcp.packets);
        CHECK(b.made.size() == tcp.packets.size());
        ByteVector host_bytes;
        for (const auto& packet : b.made) {
            const auto decoded = ip::decode_ip(Bytes{packet.bytes}.subspan(14));
            REQUIRE(decoded);
            if (decoded->source != test_pseudonyms().address(test::ip("192.0.2.53"))) continue;
            const Bytes payload = decoded->payload.subspan((decoded->payload[12] >> 4U) * 4U);
            host_bytes.insert(host_bytes.end(), payload.begin(), payload.end());
        }
        for (const char* name : {"corp", "example", "kmshost"}) CHECK_FALSE(contains(host_bytes, bytes_of(name)));
        const std::string target = test_pseudonyms().label("kmshost");
        CHECK(contains(host_bytes, bytes_of(target)));
    }
}

TEST_CASE("redaction: a port scan is still one", "[redact]") {
    std::vector<TestPacket> packets;
    for (std::uint8_t i = 1; i <= 12; ++i) {
        TcpScript::Options options{.client = endpoint("192.0.2.77", 50'000),
                                   .host = {IpAddress::v4(bytes({198, 51, 100, i})), 1688}};
        options.start = {1'764'000'000'000'000'000 + i * 1'000'000'000LL};
        TcpScript tcp{options};
        tcp.syn();
        packets.insert(packets.end(), tcp.packets.begin(), tcp.packets.end());
    }
    const auto observed = with_silence(packets);
    const Both b = both(observed);
    const auto before = track(b.before), after = track(b.after());
    REQUIRE(before.scans.size() == 1);
    REQUIRE(after.scans.size() == 1);
    CHECK(after.scans.front().attempt_count == before.scans.front().attempt_count);
    CHECK(after.scans.front().client == test_pseudonyms().address(before.scans.front().client));
}

TEST_CASE("redaction: packets of a link type that is not read are counted as before, without a byte", "[redact]") {
    const ByteVector frame = text("SECRET of a wireless link");
    const std::vector<PacketView> packets{view_of(frame, static_cast<LinkType>(105), 1),
                                          view_of(frame, static_cast<LinkType>(105), 2)};
    const Both b = both(packets);
    REQUIRE(b.made.size() == 2);
    CHECK(b.made.front().bytes.empty());
    CHECK(track(b.after()).statistics.unsupported_link_count == 2);
}
