// Packets with the host's address that another machine sent: by TTL and by TCP timestamps, and what looks like it and is none.
#include "libdiag/check/middlebox_findings.h"

#include <catch2/catch.hpp>
#include <functional>

#include "libdiag/wire/load.h"
#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"

namespace diag::test {
namespace {

constexpr std::size_t ttl_at = 14 + 8;  // Ethernet, then RFC 791 3.1
constexpr std::size_t tcp_at = 14 + 20;
constexpr std::uint8_t fin_flag = 0x01, syn_flag = 0x02;
constexpr std::string_view id = "KMS-PATH-MIDDLEBOX";

std::vector<TestPacket> closed_by_host(bool by_fin) {
    BoundScript script;
    script.request();
    by_fin ? script.tcp.fin(Side::host) : script.tcp.rst(Side::host);
    return script.packets();
}

std::vector<TestPacket> closed_with_ttl(std::uint8_t ttl, bool by_fin) {
    auto packets = closed_by_host(by_fin);
    packets.back().frame[ttl_at] = ttl;  // the others have 64
    return with_silence(std::move(packets));
}

TEST_CASE("middlebox: a reset or FIN with another TTL than the SYN-ACK is not the host's", "[check][path]") {
    for (const bool by_fin : {false, true}) {
        const Seen seen = only(closed_with_ttl(128, by_fin));
        const check::Finding* finding = seen.finding(id);
        REQUIRE(finding != nullptr);
        REQUIRE(finding->evidence.size() == 2);
        CHECK(finding->evidence[0].find("SYN-ACK of the host with TTL 64") != std::string::npos);
        CHECK(finding->evidence[1].find("TTL 128") != std::string::npos);
        CHECK(seen.has(by_fin ? "KMS-REQUEST-CLOSED" : "KMS-REQUEST-RESET"));  // the verdict is the same
    }
}

TEST_CASE("middlebox: the host's own TTL, and a route that changed, are no device", "[check][path]") {
    for (const int ttl : {64, 62, 66}) {
        const Seen seen = only(closed_with_ttl(static_cast<std::uint8_t>(ttl), false));
        INFO(ttl);
        CHECK(seen.has("KMS-REQUEST-RESET"));
        CHECK_FALSE(seen.has(id));
    }
}

TEST_CASE("middlebox: without the SYN-ACK nothing is known, and a conversation that went well needs no explanation",
          "[check][path]") {
    auto packets = closed_with_ttl(128, false);
    packets.erase(packets.begin(), packets.begin() + 3);
    CHECK_FALSE(only(packets).has(id));

    BoundScript script;
    script.request().response();
    script.tcp.rst(Side::host);
    script.tcp.packets.back().frame[ttl_at] = 255;
    CHECK(only(script.packets()).findings.empty());
}

bool is_from_host(const TestPacket& packet) { return load_be<std::uint16_t>(packet.frame, tcp_at) == 1688; }
std::uint8_t flags_of(const TestPacket& packet) { return packet.frame[tcp_at + 13]; }

// The same packets as seen where the host is `hops` further away; a millisecond later.
std::vector<TestPacket> seen_behind(std::vector<TestPacket> packets, std::uint8_t hops) {
    for (TestPacket& packet : packets) {
        if (is_from_host(packet)) packet.frame[ttl_at] = static_cast<std::uint8_t>(packet.frame[ttl_at] - hops);
        packet.time.ns += 300'000;
    }
    return packets;
}

// The segments of a script with timestamps (RFC 7323 3.2), but for those that are picked. Segments without data that the frame
// pads are cut by the IP header.
std::vector<TestPacket> with_timestamps(std::vector<TestPacket> packets,
                                        const std::function<bool(const TestPacket&)>& is_without) {
    const ByteVector timestamps = bytes({1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2});
    for (TestPacket& packet : packets) {
        if (is_without(packet)) continue;
        const Bytes frame{packet.frame};
        const std::size_t header_size = (frame[tcp_at + 12] >> 4U) * std::size_t{4};
        const std::size_t size = load_be<std::uint16_t>(frame, 14 + 2) - 20U - header_size;
        const Bytes payload = frame.subspan(tcp_at + header_size, size);
        const Endpoint client = endpoint("192.0.2.77", 49701), host = endpoint("192.0.2.10", 1688);
        const bool from_host = is_from_host(packet);
        const TcpFields fields{.sequence = load_be<std::uint32_t>(frame, tcp_at + 4),
                               .acknowledgment = load_be<std::uint32_t>(frame, tcp_at + 8),
                               .flags = flags_of(packet),
                               .options = timestamps};
        const auto segment = tcp_segment(from_host ? host : client, from_host ? client : host, fields, payload);
        packet.frame =
            ethernet_ip(ip_packet((from_host ? host : client).ip, (from_host ? client : host).ip, 6, segment));
    }
    return packets;
}

TEST_CASE("middlebox: two places in one capture, of which one missed the SYN-ACK, are no device", "[check][path]") {
    for (const bool by_fin : {false, true}) {
        const auto near_host = closed_by_host(by_fin);
        auto far = seen_behind(near_host, 5);
        std::erase_if(far, [](const TestPacket& p) { return (flags_of(p) & syn_flag) != 0; });
        // The clock of the far place is behind, so its copies come first.
        std::vector<TestPacket> merged;
        for (std::size_t i = 0; i < near_host.size(); ++i) {
            if (i >= 2) merged.push_back(far[i - 2]);
            merged.push_back(near_host[i]);
        }
        const Seen seen = only(with_silence(merged));
        CHECK(seen.has(by_fin ? "KMS-REQUEST-CLOSED" : "KMS-REQUEST-RESET"));
        CHECK_FALSE(seen.has(id));
    }
}

TEST_CASE("middlebox: who closes for the host may acknowledge the client's FIN in its name, too", "[check][path]") {
    BoundScript script;
    script.request();
    script.tcp.fin(Side::host);
    script.tcp.packets.back().frame[ttl_at] = 120;
    script.tcp.ack(Side::client).fin(Side::client).ack(Side::host);
    script.tcp.packets.back().frame[ttl_at] = 120;
    CHECK(only(with_silence(script.packets())).has(id));
}

TEST_CASE("middlebox: a device that only answers the SYN has not written the page behind it", "[check][path]") {
    ConversationScript script;
    script.tcp.handshake();
    script.tcp.packets[1].frame[ttl_at] = 255;
    script.bind();
    script.host(bytes_of(std::string_view{"HTTP/1.1 400 Bad Request\r\n\r\n"}));
    const Seen seen = only(with_silence(script.packets()));
    CHECK(seen.has("KMS-NOT-RPC"));
    CHECK_FALSE(seen.has(id));
}

TEST_CASE("middlebox: a page in place of RPC that came another way is a device's answer", "[check][path]") {
    const auto answered = [](std::uint8_t ttl) {
        ConversationScript script;
        script.tcp.handshake();
        script.bind();
        const std::string_view page = "HTTP/1.1 403 Forbidden\r\n\r\n";
        script.host(bytes_of(page));
        for (TestPacket& packet : script.tcp.packets)
            if (is_from_host(packet) && load_be<std::uint16_t>(packet.frame, 16) > 40 &&
                (flags_of(packet) & syn_flag) == 0)
                packet.frame[ttl_at] = ttl;
        return only(with_silence(script.packets()));
    };
    const Seen seen = answered(61);
    CHECK(seen.has("KMS-NOT-RPC"));
    REQUIRE(seen.has(id));
    CHECK(seen.finding(id)->title == "a device on the way answers 192.0.2.77 in the name of 192.0.2.10:1688");
    CHECK_FALSE(answered(64).has(id));
}

TEST_CASE("middlebox: a FIN without the timestamps that both sides agreed on is not the host's", "[check][path]") {
    const auto is_fin = [](const TestPacket& p) { return is_from_host(p) && (flags_of(p) & fin_flag) != 0; };
    const Seen seen = only(with_silence(with_timestamps(closed_by_host(true), is_fin)));
    CHECK(seen.has("KMS-REQUEST-CLOSED"));
    REQUIRE(seen.has(id));
    CHECK(seen.finding(id)->evidence.back().find("without the timestamps") != std::string::npos);

    const auto nothing = [](const TestPacket&) { return false; };
    CHECK_FALSE(only(with_silence(with_timestamps(closed_by_host(true), nothing))).has(id));
    // Whoever offers none gets none.
    const auto is_syn_of_client = [&](const TestPacket& p) {
        return is_fin(p) || (!is_from_host(p) && (flags_of(p) & syn_flag) != 0);
    };
    CHECK_FALSE(only(with_silence(with_timestamps(closed_by_host(true), is_syn_of_client))).has(id));
    // RFC 7323 3.2 leaves resets free to do without.
    const auto is_reset = [](const TestPacket& p) { return is_from_host(p) && (flags_of(p) & 0x04) != 0; };
    CHECK_FALSE(only(with_silence(with_timestamps(closed_by_host(false), is_reset))).has(id));
}

TEST_CASE("middlebox: of a capture that cuts the options nothing is said about timestamps", "[check][path]") {
    const auto nothing = [](const TestPacket&) { return false; };
    auto packets = with_silence(with_timestamps(closed_by_host(true), nothing));
    std::vector<PacketView> views = views_of(packets);
    for (PacketView& view : views) view.data = head(view.data, tcp_at + 20);
    for (const auto& document : decode_json(views))
        for (const auto& finding : document.at("findings").as_array()) CHECK(finding.at("id").as_string() != id);
}

}  // namespace
}  // namespace diag::test
