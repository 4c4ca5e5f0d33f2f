// What TCP headers and ICMP errors say of the way to the host: each finding in a case that fires it, and its healthy neighbours.
#include "libdiag/check/path_findings.h"

#include <catch2/catch.hpp>

#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"

namespace diag::test {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::uint8_t ack_flag = 0x10;

// ---- why nothing came

// The request again after one, two and four seconds.
void resend(BoundScript& script, const ByteVector& request, std::uint32_t sequence) {
    for (const std::int64_t wait : {1, 2, 4}) {
        script.tcp.wait(wait * second);
        script.tcp.segment(Side::client, {.sequence = sequence, .acknowledgment = script.tcp.next_sequence(Side::host)},
                           request);
    }
}

TEST_CASE("loss: bytes that are sent again and never confirmed are told beside the silence", "[check][path]") {
    BoundScript script;
    const ByteVector request = script.request_pdus();
    const std::uint32_t sequence = script.tcp.next_sequence(Side::client);
    script.tcp.send(Side::client, request);
    resend(script, request, sequence);
    const Seen seen = only(with_silence(script.packets()));
    CHECK(seen.has("KMS-REQUEST-NO-ANSWER"));
    const check::Finding* finding = seen.finding("KMS-PATH-LOSS");
    REQUIRE(finding != nullptr);
    CHECK(finding->title.find("sent 4 times") != std::string::npos);
    CHECK(finding->likely_cause == 0);
}

TEST_CASE("loss: a small maximum segment size points to a tunnel", "[check][path]") {
    constexpr std::size_t mss_at = 14 + 20 + 20 + 2;  // behind kind and length of the first option
    BoundScript script;
    auto& syn_ack = script.tcp.packets[1].frame;
    REQUIRE(syn_ack[mss_at - 2] == 2);
    syn_ack[mss_at] = 1200 >> 8;
    syn_ack[mss_at + 1] = 1200 & 0xFF;
    const ByteVector request = script.request_pdus();
    const std::uint32_t sequence = script.tcp.next_sequence(Side::client);
    script.tcp.send(Side::client, request);
    resend(script, request, sequence);
    const Seen seen = only(with_silence(script.packets()));
    const check::Finding* finding = seen.finding("KMS-PATH-LOSS");
    REQUIRE(finding != nullptr);
    CHECK(check::causes_of(*finding).front().find("tunnel") != std::string::npos);
    CHECK(finding->evidence.front().find("1200") != std::string::npos);
}

TEST_CASE("loss: a host that confirms and is silent lost nothing", "[check][path]") {
    BoundScript script;
    script.request();  // the host acknowledges it
    const Seen seen = only(with_silence(script.packets()));
    CHECK(seen.has("KMS-REQUEST-NO-ANSWER"));
    CHECK_FALSE(seen.has("KMS-PATH-LOSS"));

    BoundScript late;
    const ByteVector request = late.request_pdus();
    const std::uint32_t sequence = late.tcp.next_sequence(Side::client);
    late.tcp.send(Side::client, request);
    resend(late, request, sequence);
    late.tcp.ack(Side::host);
    CHECK_FALSE(only(with_silence(late.packets())).has("KMS-PATH-LOSS"));
}

TEST_CASE("loss: resends that were answered in the end, and copies of a mirror port, are healthy", "[check][path]") {
    BoundScript script;
    const ByteVector request = script.request_pdus();
    const std::uint32_t sequence = script.tcp.next_sequence(Side::client);
    script.tcp.send(Side::client, request);
    resend(script, request, sequence);
    script.tcp.ack(Side::host);
    script.response();
    script.tcp.fin(Side::client).fin(Side::host).ack(Side::client);
    CHECK(only(script.packets()).findings.empty());

    BoundScript mirrored;
    const ByteVector once = mirrored.request_pdus();
    const std::uint32_t at = mirrored.tcp.next_sequence(Side::client);
    mirrored.tcp.send(Side::client, once);
    mirrored.tcp.segment(Side::client, {.sequence = at, .acknowledgment = mirrored.tcp.next_sequence(Side::host)},
                         once);
    CHECK_FALSE(only(with_silence(mirrored.packets())).has("KMS-PATH-LOSS"));
}

TEST_CASE("window: one that stays closed explains the silence, one that opens again does not", "[check][path]") {
    for (const bool opens : {false, true}) {
        BoundScript script;
        script.request();
        const TcpFields fields{.sequence = script.tcp.next_sequence(Side::host),
                               .acknowledgment = script.tcp.next_sequence(Side::client),
                               .flags = ack_flag,
                               .window = 0};
        script.tcp.segment(Side::host, fields, {});
        if (opens) script.tcp.ack(Side::host);
        const Seen seen = only(with_silence(script.packets()));
        CHECK(seen.has("KMS-REQUEST-NO-ANSWER"));
        CHECK(seen.has("KMS-HOST-WINDOW-CLOSED") != opens);
    }
}

TEST_CASE("too big: an ICMP error about packets of either side explains the silence", "[check][path]") {
    for (const Side side : {Side::client, Side::host}) {
        BoundScript script;
        script.request();
        if (side == Side::host) script.tcp.send(Side::host, head(script.response_pdus(), 40));
        auto packets = script.packets();
        const Bytes quoted = Bytes{packets[packets.size() - 2].frame}.subspan(14);
        const Bytes last = Bytes{packets.back().frame}.subspan(14);
        const Bytes about = side == Side::client ? quoted : last;
        const IpAddress to = side == Side::client ? script.options().client.ip : script.options().host.ip;
        packets.push_back(
            {.time = packets.back().time, .frame = ethernet_ip(icmp_error(ip("192.0.2.1"), to, 3, 4, 576, about))});
        const Seen seen = only(with_silence(packets));
        std::string ids;
        for (const auto& f : seen.findings) ids += std::string{f.rule->id} + " ";
        INFO(static_cast<int>(side) << " " << ids << check::name_of(seen.outcome));
        const check::Finding* finding = seen.finding("KMS-PATH-MTU");
        REQUIRE(finding != nullptr);
        CHECK(finding->evidence.front().find("ICMP 'too big' from 192.0.2.1, MTU 576") != std::string::npos);
    }
}

TEST_CASE("too big: discovery of the path MTU that worked is healthy", "[check][path]") {
    BoundScript script;
    script.request();
    const Bytes quoted = Bytes{script.packets()[script.packets().size() - 2].frame}.subspan(14);
    const IpAddress to = script.options().client.ip;
    const ByteVector error = ethernet_ip(icmp_error(ip("192.0.2.1"), to, 3, 4, 576, quoted));
    script.tcp.packets.push_back({.time = script.packets().back().time, .frame = error});
    script.response();
    script.tcp.fin(Side::client).fin(Side::host).ack(Side::client);
    CHECK(only(script.packets()).findings.empty());
}

// ---- one direction

TEST_CASE("one way: packets of one side that confirm bytes of the other are half of a capture", "[check][path]") {
    const auto whole = conversation({});
    CHECK_FALSE(only(whole).has("KMS-CAPTURE-ONE-WAY"));
    for (const std::string_view source : {"192.0.2.77", "192.0.2.10"}) {
        std::vector<TestPacket> half = whole;
        const IpAddress from = ip(source);
        std::erase_if(half, [&](const TestPacket& packet) {
            return !std::equal(from.octets.begin(), from.octets.begin() + 4, packet.frame.begin() + 14 + 12);
        });
        const Seen seen = only(half);
        INFO(source);
        CHECK(seen.has("KMS-CAPTURE-ONE-WAY"));
        for (const auto& finding : seen.findings) CHECK(finding.rule->severity == check::Severity::info);
    }
}

TEST_CASE("one way: a SYN that nobody answers is no half capture", "[check][path]") {
    TcpScript script{{.client = endpoint("192.0.2.77", 40000), .host = endpoint("192.0.2.10", 1688)}};
    script.syn().wait(second).syn();
    CHECK_FALSE(only(with_silence(script.packets)).has("KMS-CAPTURE-ONE-WAY"));
}

}  // namespace
}  // namespace diag::test
