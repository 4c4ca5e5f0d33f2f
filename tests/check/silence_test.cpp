// When a missing answer is silence, and when the capture only lacks it: the ends of captures, one direction alone,
// retransmissions, data that nobody accepted.
#include <catch2/catch.hpp>

#include "libdiag/check/outcome.h"
#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"

namespace diag::test {
namespace {

using check::Outcome;

constexpr std::uint32_t access_denied = 5;

struct Waiting {
    std::string name;
    Outcome outcome;
    void (*play)(ConversationScript& s);
};

void bound(ConversationScript& s) {
    s.tcp.handshake();
    s.bind().bind_ack();
}

TEST_CASE("silence: what a client waits for when the capture stops is no failure, a minute later it is one",
          "[check][silence]") {
    const Waiting waiting[] = {
        {"SYN", Outcome::no_answer_to_syn, [](ConversationScript& s) { s.tcp.syn(); }},
        {"bind", Outcome::no_answer_to_bind,
         [](ConversationScript& s) {
             s.tcp.handshake();
             s.bind();
         }},
        {"request", Outcome::request_unanswered,
         [](ConversationScript& s) {
             bound(s);
             s.request();
         }},
        {"half a response", Outcome::request_unanswered,
         [](ConversationScript& s) {
             bound(s);
             s.request().host(head(s.response_pdus(), 100));
         }},
    };
    for (const Waiting& c : waiting) {
        INFO(c.name);
        ConversationScript script;
        c.play(script);
        const Tracked soon = track(script.packets());
        REQUIRE(soon.conversations.size() == 1);
        CHECK(name_of(soon.conversations.front().outcome) == name_of(c.outcome));
        CHECK(soon.conversations.front().has("KMS-CAPTURE-ENDS"));
        CHECK(check::worst(soon.conversations.front().findings) == check::Severity::info);
        const Tracked late = track(with_silence(script.packets()));
        CHECK_FALSE(late.conversations.at(0).has("KMS-CAPTURE-ENDS"));
        CHECK(check::worst(late.conversations.at(0).findings) == check::Severity::critical);
    }
}

TEST_CASE("silence: a client that gives up at once was not answered, wherever the capture ends", "[check][silence]") {
    ConversationScript script;
    bound(script);
    script.request();
    script.tcp.rst(Side::client);
    CHECK(track(script.packets()).conversations.at(0).has("KMS-REQUEST-NO-ANSWER"));
}

// The packets that one side sent; a mirror of one direction has no others.
std::vector<PacketView> sent_by(Side side, const std::vector<TestPacket>& packets, std::uint16_t host_port) {
    std::vector<PacketView> out;
    for (const PacketView& packet : views_of(packets)) {
        // Ethernet and IPv4 headers have 34 bytes; then comes the source port.
        const bool from_host = packet.data[34] * 256U + packet.data[35] == host_port;
        if (from_host == (side == Side::host)) out.push_back(packet);
    }
    return out;
}

TEST_CASE("silence: one direction alone proves no silence of the other", "[check][silence]") {
    for (const std::uint16_t port : {std::uint16_t{1688}, std::uint16_t{50'123}}) {
        ConversationOptions options;
        options.host.port = port;
        const auto packets = with_silence(conversation(options, 2));
        const auto from_client = sent_by(Side::client, packets, port);
        REQUIRE(from_client.size() < packets.size());
        const Tracked tracked = track(from_client);
        REQUIRE(tracked.conversations.size() == 1);
        CHECK(name_of(tracked.conversations.front().outcome) == "complete");
        CHECK(tracked.conversations.front().has("KMS-CAPTURE-GAP"));
        CHECK(check::worst(tracked.conversations.front().findings) == check::Severity::info);
    }
}

TEST_CASE("silence: a failure that the host's direction shows is told from that direction alone", "[check][silence]") {
    struct OneWay {
        std::string id;
        void (*play)(ConversationScript& s);
    };
    const OneWay one_ways[] = {
        {"KMS-BIND-NAK", [](ConversationScript& s) { s.bind().host(ConversationScript::bind_nak_pdu(4)); }},
        {"KMS-BIND-NO-INTERFACE", [](ConversationScript& s) { s.bind().host(s.rejecting_bind_ack_pdu(1)); }},
        {"KMS-RPC-FAULT",
         [](ConversationScript& s) { s.bind().bind_ack().request().host(s.fault_pdu(access_denied)); }},
        {"KMS-CLOCK-SKEW",
         [](ConversationScript& s) { s.bind().bind_ack().request().host(s.refusal_pdu(0xC004F06C)); }},
        {"KMS-NOT-RPC", [](ConversationScript& s) { s.bind().host(bytes_of("HTTP/1.1 400 Bad Request\r\n\r\n")); }},
    };
    for (const OneWay& one_way : one_ways) {
        ConversationScript script;
        script.tcp.handshake();
        one_way.play(script);
        script.tcp.fin(Side::client).fin(Side::host);
        const Tracked tracked = track(sent_by(Side::host, script.packets(), 1688));
        INFO(one_way.id);
        REQUIRE(tracked.conversations.size() == 1);
        CHECK(tracked.conversations.front().has(one_way.id));
    }
}

TEST_CASE("silence: a client's reset confirms what it had received, so a lost answer is no silence",
          "[check][silence]") {
    ConversationScript script;
    bound(script);
    script.request();
    const std::size_t before = script.packets().size();
    script.tcp.send(Side::host, script.response_pdus()).rst(Side::client);
    auto packets = with_silence(script.packets());
    packets.erase(packets.begin() + static_cast<std::ptrdiff_t>(before));
    const Tracked tracked = track(packets);
    REQUIRE(tracked.conversations.size() == 1);
    CHECK(name_of(tracked.conversations.front().outcome) == "complete");
    CHECK(tracked.conversations.front().has("KMS-CAPTURE-GAP"));
}

TEST_CASE("silence: retransmissions and keep-alives are waiting, not news", "[check][silence]") {
    for (const bool keep_alive : {false, true}) {
        ConversationScript script;
        bound(script);
        const std::uint32_t at = script.tcp.next_sequence(Side::client);
        const ByteVector request = script.request_pdus();
        script.client(request);
        for (int i = 0; i < 4; ++i) {
            const TcpFields again{.sequence = keep_alive ? script.tcp.next_sequence(Side::client) - 1 : at,
                                  .acknowledgment = script.tcp.next_sequence(Side::host)};
            script.tcp.wait(5'000'000'000);
            script.tcp.segment(Side::client, again, keep_alive ? bytes({0}) : request);
        }
        const Tracked tracked = track(script.packets());
        REQUIRE(tracked.conversations.size() == 1);
        CHECK(tracked.conversations.front().has("KMS-REQUEST-NO-ANSWER"));
    }
}

TEST_CASE("silence: a SYN that a mirror port delivers twice is no retry, one a second later is", "[check][silence]") {
    for (const std::int64_t wait_ns : {std::int64_t{10'000}, std::int64_t{1'000'000'000}}) {
        ConversationScript script;
        script.tcp.syn().wait(wait_ns).syn();
        const Tracked tracked = track(script.packets());
        REQUIRE(tracked.conversations.size() == 1);
        CHECK(tracked.conversations.front().has("KMS-CAPTURE-ENDS") == (wait_ns < 1'000'000));
    }
}

TEST_CASE("silence: data in a SYN that was refused or ignored was never part of a conversation", "[check][silence]") {
    for (const bool refused : {true, false}) {
        ConversationScript script;
        script.tcp.segment(Side::client, {.sequence = 1000, .flags = 0x02}, script.bind_pdu());
        if (refused) script.tcp.segment(Side::host, {.acknowledgment = 1001, .flags = 0x14}, {});
        const Tracked tracked = track(with_silence(script.packets()));
        REQUIRE(tracked.conversations.size() == 1);
        CHECK(tracked.conversations.front().outcome == (refused ? Outcome::refused_by_rst : Outcome::no_answer_to_syn));
        CHECK(tracked.conversations.front().pdu_count == 0);
    }
}

}  // namespace
}  // namespace diag::test
