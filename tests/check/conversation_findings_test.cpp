// Each finding that a conversation can give: a case that fires it and a healthy neighbour that does not. The codes are those
// that docs/findings has for each stage of the client's road to activation.
#include "libdiag/check/conversation_findings.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "libdiag/base/hex.h"
#include "libdiag/check/rules.h"
#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"

namespace diag::test {
namespace {

using check::Severity;
using check::Stage;

// What Windows shows when no KMS host could be used, SL_E_VL_BINDING_SERVICE_UNAVAILABLE.
constexpr std::uint32_t host_unavailable = 0xC004F074;
constexpr std::uint32_t rpc_unavailable = 0x800706BA;
// Win32 errors of RPC as HRESULTs: before the call was sent it did not execute, afterwards nobody knows.
constexpr std::uint32_t call_failed = 0x800706BE;      // 1726
constexpr std::uint32_t call_failed_dne = 0x800706BF;  // 1727
constexpr std::uint32_t protocol_error = 0x800706C0;   // 1728
constexpr std::uint8_t port_unreachable = 3;

struct Case {
    std::string id;
    Severity severity;
    Stage stage;
    std::uint32_t windows_code, inner_code;
    std::vector<TestPacket> (*fires)();
    std::vector<TestPacket> (*healthy)();
};

std::vector<TestPacket> good() { return conversation({}, 2); }

// A script behind its handshake; `play` does the rest.
template <class F> std::vector<TestPacket> played(F play, const ConversationOptions& options = {}) {
    ConversationScript script{options};
    script.tcp.handshake();
    play(script);
    return std::move(script.tcp.packets);
}

template <class F> std::vector<TestPacket> bound(F play, const ConversationOptions& options = {}) {
    return played(
        [&](ConversationScript& s) {
            s.bind().bind_ack();
            play(s);
        },
        options);
}

// A bind_ack whose last context is accepted with a syntax that nobody knows: its UUID and version end the PDU.
ByteVector with_other_syntax(ByteVector bind_ack) {
    bind_ack.at(bind_ack.size() - 20) ^= 0xFF;
    return bind_ack;
}

// A byte of the last but one block of a version 6 message is one of the padding in CBC; the return code follows the message.
ByteVector with_other_padding(ByteVector response) {
    constexpr std::size_t return_code_size = 4, block_size = 16;
    response.at(response.size() - return_code_size - block_size - 1) ^= 0x80;
    return response;
}

// The first bytes of a PDU, as a whole one.
ByteVector with_length(ByteVector pdu, std::uint8_t size) {
    pdu.resize(size);
    pdu.at(8) = size;
    pdu.at(9) = 0;
    return pdu;
}

std::vector<TestPacket> refused(std::uint32_t hresult, std::int64_t clock_difference_s = 0) {
    return bound([hresult](ConversationScript& s) { s.request().host(s.refusal_pdu(hresult)); },
                 {.clock_difference_s = clock_difference_s});
}

std::vector<TestPacket> syn_only(void (*play)(TcpScript&)) {
    ConversationScript script;
    script.tcp.syn();
    play(script.tcp);
    return std::move(script.tcp.packets);
}

const Case cases[] = {
    {"KMS-CONNECT-REFUSED", Severity::critical, Stage::connect, host_unavailable, rpc_unavailable,
     [] { return syn_only([](TcpScript& t) { t.rst(Side::host); }); }, good},
    {"KMS-CONNECT-NO-ANSWER", Severity::critical, Stage::connect, host_unavailable, rpc_unavailable,
     [] { return syn_only([](TcpScript& t) { t.syn().syn(); }); }, good},
    {"KMS-CONNECT-REJECTED-ICMP", Severity::critical, Stage::connect, host_unavailable, rpc_unavailable,
     [] { return syn_only([](TcpScript& t) { t.unreachable(ip("192.0.2.10"), port_unreachable); }); }, good},
    {"KMS-CONNECT-CLOSED", Severity::critical, Stage::connect, host_unavailable, call_failed_dne,
     [] { return played([](ConversationScript& s) { s.tcp.fin(Side::host).fin(Side::client); }); }, good},
    {"KMS-NOT-RPC", Severity::critical, Stage::bind, host_unavailable, protocol_error,
     [] { return played([](ConversationScript& s) { s.bind().host(bytes_of("HTTP/1.1 400 Bad Request\r\n\r\n")); }); },
     good},
    {"KMS-CLIENT-NOT-RPC", Severity::warning, Stage::bind, 0, 0,
     [] {
         return played([](ConversationScript& s) {
             s.client(bytes_of("GET / HTTP/1.1\r\nHost: kms.example.test\r\n\r\n"));
             s.tcp.fin(Side::host).fin(Side::client);
         });
     },
     // A web server on the port is the host's trouble, whoever asks.
     [] {
         return played([](ConversationScript& s) {
             s.client(bytes_of("GET / HTTP/1.1\r\nHost: kms.example.test\r\n\r\n"));
             s.host(bytes_of("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
             s.tcp.fin(Side::host).fin(Side::client);
         });
     }},
    {"KMS-RPC-BROKEN", Severity::warning, Stage::response, 0, 0,
     [] {
         return bound([](ConversationScript& s) {
             s.request().host(bytes({0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4})).response();
         });
     },
     good},
    {"KMS-BIND-NO-ANSWER", Severity::critical, Stage::bind, host_unavailable, call_failed_dne,
     [] { return played([](ConversationScript& s) { s.bind(); }); }, good},
    {"KMS-BIND-RESET", Severity::critical, Stage::bind, host_unavailable, call_failed_dne,
     [] {
         return played([](ConversationScript& s) {
             s.bind();
             s.tcp.rst(Side::host);
         });
     },
     // A host that resets after the last answer has done its work.
     [] {
         return bound([](ConversationScript& s) {
             s.request().response();
             s.tcp.rst(Side::host);
         });
     }},
    {"KMS-BIND-CLOSED", Severity::critical, Stage::bind, host_unavailable, call_failed_dne,
     [] {
         return played([](ConversationScript& s) {
             s.bind();
             s.tcp.fin(Side::host).fin(Side::client);
         });
     },
     good},
    {"KMS-BIND-NAK", Severity::critical, Stage::bind, host_unavailable, protocol_error,
     [] { return played([](ConversationScript& s) { s.bind().host(ConversationScript::bind_nak_pdu(4)); }); }, good},
    {"KMS-BIND-NO-INTERFACE", Severity::critical, Stage::bind, host_unavailable, 0x800706B5,
     [] { return played([](ConversationScript& s) { s.bind().host(s.rejecting_bind_ack_pdu(1)); }); }, good},
    {"KMS-BIND-NO-SYNTAX", Severity::critical, Stage::bind, host_unavailable, 0x800706C2,
     [] { return played([](ConversationScript& s) { s.bind().host(s.rejecting_bind_ack_pdu(2)); }); },
     // NDR64 refused and NDR32 accepted is what most hosts do.
     [] { return conversation({.offers_ndr64 = true}); }},
    // Reasons without a mapping of their own are 1727; reason 2 of one context decides.
    {"KMS-BIND-NO-SYNTAX", Severity::critical, Stage::bind, host_unavailable, call_failed_dne,
     [] { return played([](ConversationScript& s) { s.bind().host(s.rejecting_bind_ack_pdu(0)); }); }, good},
    {"KMS-BIND-NO-SYNTAX", Severity::critical, Stage::bind, host_unavailable, call_failed_dne,
     [] { return played([](ConversationScript& s) { s.bind().host(s.rejecting_bind_ack_pdu(3)); }); }, good},
    {"KMS-BIND-NO-SYNTAX", Severity::critical, Stage::bind, host_unavailable, 0x800706C2,
     [] {
         return played([](ConversationScript& s) {
             s.bind().host(with_other_syntax(s.bind_ack_pdu()));
             s.tcp.fin(Side::client).fin(Side::host);
         });
     },
     good},
    {"KMS-BIND-RESET", Severity::critical, Stage::bind, host_unavailable, call_failed_dne,
     [] {
         return played([](ConversationScript& s) {
             s.bind().host(head(s.bind_ack_pdu(), 30));
             s.tcp.rst(Side::host);
         });
     },
     good},
    {"KMS-BIND-CLOSED", Severity::critical, Stage::bind, host_unavailable, call_failed_dne,
     [] {
         return played([](ConversationScript& s) {
             s.bind().host(head(s.bind_ack_pdu(), 30));
             s.tcp.fin(Side::host).fin(Side::client);
         });
     },
     good},
    {"KMS-BIND-IDLE", Severity::warning, Stage::request, 0, 0,
     [] { return bound([](ConversationScript& s) { s.tcp.fin(Side::host).fin(Side::client); }); },
     // The client that binds, asks nothing and closes is a monitor.
     [] { return bound([](ConversationScript& s) { s.tcp.fin(Side::client).fin(Side::host); }); }},
    {"KMS-CLIENT-CUT", Severity::warning, Stage::request, 0, 0,
     [] {
         return bound([](ConversationScript& s) {
             s.client(head(s.request_pdus(), 100));
             s.tcp.fin(Side::client).fin(Side::host);
         });
     },
     good},
    {"KMS-REQUEST-NO-ANSWER", Severity::critical, Stage::request, host_unavailable, call_failed,
     [] { return bound([](ConversationScript& s) { s.request(); }); }, good},
    {"KMS-REQUEST-RESET", Severity::critical, Stage::request, host_unavailable, call_failed,
     [] {
         return bound([](ConversationScript& s) {
             s.request();
             s.tcp.rst(Side::host);
         });
     },
     good},
    {"KMS-BIND-CLOSED", Severity::critical, Stage::bind, host_unavailable, call_failed_dne,
     [] {
         return played([](ConversationScript& s) {
             s.client(head(s.bind_pdu(), 40));
             s.tcp.fin(Side::host).fin(Side::client);
         });
     },
     good},
    {"KMS-BIND-IDLE", Severity::warning, Stage::request, 0, 0,
     [] { return bound([](ConversationScript& s) { s.tcp.wait(30'000'000'000).rst(Side::host); }); },
     // At once it is no idleness.
     [] { return bound([](ConversationScript& s) { s.tcp.rst(Side::host); }); }},
    {"KMS-REQUEST-CLOSED", Severity::critical, Stage::request, host_unavailable, call_failed,
     [] {
         return bound([](ConversationScript& s) {
             s.client(head(s.request_pdus(), 100));
             s.tcp.fin(Side::host).fin(Side::client);
         });
     },
     good},
    {"KMS-REQUEST-CLOSED", Severity::critical, Stage::request, host_unavailable, call_failed,
     [] {
         return bound([](ConversationScript& s) {
             s.request();
             s.tcp.fin(Side::host).fin(Side::client);
         });
     },
     good},
    {"KMS-RESPONSE-CUT", Severity::critical, Stage::response, host_unavailable, call_failed,
     [] {
         return bound([](ConversationScript& s) {
             s.request().host(head(s.response_pdus(), 100));
             s.tcp.fin(Side::host).fin(Side::client);
         });
     },
     good},
    {"KMS-RPC-FAULT", Severity::critical, Stage::response, host_unavailable, 0x80070005,
     [] { return bound([](ConversationScript& s) { s.request().host(s.fault_pdu(5)); }); }, good},
    {"KMS-RPC-FAULT-RETRIED", Severity::info, Stage::response, 0, 0,
     [] {
         return bound([](ConversationScript& s) {
             s.request().host(s.fault_pdu(0x1C010014));
             s.request().response();
         });
     },
     // The other way around it stays a fault.
     [] {
         return bound([](ConversationScript& s) {
             s.request().response();
             s.request().host(s.fault_pdu(0x1C010014));
         });
     }},
    {"KMS-RESPONSE-CHECK", Severity::critical, Stage::response, host_unavailable, 0x8007000D,
     [] {
         return bound([](ConversationScript& s) {
             s.break_answer = true;
             s.request().response();
         });
     },
     good},
    // The key opens the request, so it opens the answer of any host that could read it.
    {"KMS-RESPONSE-CHECK", Severity::critical, Stage::response, host_unavailable, 0x8007000D,
     [] { return bound([](ConversationScript& s) { s.request().host(with_other_padding(s.response_pdus())); }); },
     good},
    {"KMS-RESPONSE-CHECK", Severity::critical, Stage::response, host_unavailable, 0x8007000D, [] { return refused(0); },
     good},
    {"KMS-RESPONSE-CHECK", Severity::critical, Stage::response, host_unavailable, 0x800706F7,
     [] { return bound([](ConversationScript& s) { s.request().host(with_length(s.response_pdus(), 40)); }); }, good},
    {"KMS-REQUEST-INVALID", Severity::critical, Stage::response, host_unavailable, 0x8007000D,
     [] { return refused(0x8007000D); }, good},
    {"KMS-PRODUCT-NOT-COVERED", Severity::critical, Stage::response, 0xC004F042, 0xC004F042,
     [] { return refused(0xC004F042); }, good},
    {"KMS-PRODUCT-NOT-COVERED", Severity::critical, Stage::response, 0xC004F042, 0xC004F015,
     [] { return refused(0xC004F015); }, good},
    {"KMS-CLIENT-LIST-FULL", Severity::critical, Stage::count, host_unavailable, 0xC004D104,
     [] { return refused(0xC004D104); }, good},
    {"KMS-HOST-REFUSED", Severity::critical, Stage::response, host_unavailable, 0xC004F035,
     [] { return refused(0xC004F035); }, [] { return refused(0xC004F042); }},
    {"KMS-CLOCK-SKEW", Severity::critical, Stage::clock, host_unavailable, 0xC004F06C,
     [] { return refused(0xC004F06C, 5 * 3600); }, good},
    {"KMS-CLOCK-DIFFERS", Severity::info, Stage::clock, 0, 0,
     [] { return conversation({.clock_difference_s = 5 * 3600}); },
     [] { return conversation({.clock_difference_s = 3 * 3600}); }},
    {"KMS-COUNT-LOW", Severity::warning, Stage::count, 0xC004F038, 0, [] { return conversation({.count = 24}); },
     [] { return conversation({.count = 25}); }},
    {"KMS-HOST-LAB", Severity::info, Stage::host, 0, 0,
     [] { return conversation({.epid = "06401-00206-471-111111-03-1033-9600.9999-3292025"}); }, good},
    {"KMS-CAPTURE-GAP", Severity::info, Stage::capture, 0, 0,
     [] {
         auto packets = conversation({.segment_size = 100}, 2);
         // The first segment of the first request: SYN, SYN-ACK, ACK, then bind and answer with an ACK each.
         packets.erase(packets.begin() + 7);
         return packets;
     },
     [] { return conversation({.segment_size = 100}, 2); }},
    {"KMS-CAPTURE-NO-START", Severity::info, Stage::capture, 0, 0,
     [] {
         auto packets = good();
         packets.erase(packets.begin(), packets.begin() + 3);
         return packets;
     },
     good},
    {"KMS-CAPTURE-ENDS", Severity::info, Stage::capture, 0, 0,
     [] { return bound([](ConversationScript& s) { s.request(); }); },
     [] { return with_silence(bound([](ConversationScript& s) { s.request(); })); }},
    {"KMS-CAPTURE-OVERLAP", Severity::warning, Stage::capture, 0, 0,
     [] {
         return played([](ConversationScript& s) {
             const std::uint32_t at = s.tcp.next_sequence(Side::client);
             ByteVector other = s.bind_pdu();
             s.bind();
             other[40] ^= 0xFF;
             s.tcp.segment(Side::client, {.sequence = at, .acknowledgment = s.tcp.next_sequence(Side::host)}, other);
             s.bind_ack().request().response();
         });
     },
     // The same bytes again are a retransmission.
     [] {
         return played([](ConversationScript& s) {
             const std::uint32_t at = s.tcp.next_sequence(Side::client);
             const ByteVector same = s.bind_pdu();
             s.bind();
             s.tcp.segment(Side::client, {.sequence = at, .acknowledgment = s.tcp.next_sequence(Side::host)}, same);
             s.bind_ack().request().response();
         });
     }},
};

const Seen& only(const Tracked& tracked) {
    REQUIRE(tracked.conversations.size() == 1);
    return tracked.conversations.front();
}

// Silence is told only where the capture goes on.
std::vector<TestPacket> capture_of(const Case& c) {
    return c.id == "KMS-CAPTURE-ENDS" ? c.fires() : with_silence(c.fires());
}

TEST_CASE("findings: each fires in its case and says what its table of codes says", "[check][findings]") {
    for (const Case& c : cases) {
        INFO(c.id);
        const auto packets = capture_of(c);
        const Tracked tracked = track(packets);
        const check::Finding* finding = only(tracked).finding(c.id);
        REQUIRE(finding != nullptr);
        CHECK(name_of(finding->rule->severity) == name_of(c.severity));
        CHECK(name_of(finding->rule->stage) == name_of(c.stage));
        CHECK(finding->shown_windows_code() == c.windows_code);
        CHECK(finding->shown_inner_code() == c.inner_code);
        CHECK_FALSE(finding->title.empty());
        CHECK_FALSE(finding->evidence.empty());
        CHECK(finding->target == "192.0.2.10:1688");
        for (const std::uint64_t packet : finding->packets) CHECK((packet >= 1 && packet <= packets.size()));
    }
}

TEST_CASE("findings: none of them fires in its healthy neighbour", "[check][findings]") {
    for (const Case& c : cases) {
        INFO(c.id);
        CHECK_FALSE(only(track(c.healthy())).has(c.id));
    }
}

TEST_CASE("findings: a healthy conversation has none at all", "[check][findings]") {
    for (const int major : {4, 5, 6}) {
        CHECK(only(track(conversation({.major = static_cast<std::uint16_t>(major)}, 3))).findings.empty());
    }
}

TEST_CASE("findings: a case above has nothing worse than what it is about", "[check][findings]") {
    for (const Case& c : cases) {
        INFO(c.id);
        const Tracked tracked = track(capture_of(c));
        for (const auto& finding : only(tracked).findings) {
            INFO(finding.rule->id << ": " << finding.title);
            CHECK(finding.rule->severity <= c.severity);
        }
        CHECK(check::worst(only(tracked).findings) == c.severity);
    }
}

// Statuses and Win32 codes as MS-RPCE 3.3.1.5.7 and winerror.h have them.
TEST_CASE("findings: the status of a fault decides the inner code and which cause comes first", "[check][findings]") {
    struct Fault {
        std::uint32_t status, inner_code;
    };
    for (const auto& [status, inner_code] : std::initializer_list<Fault>{{5, 0x80070005},
                                                                         {0x6F7, 0x800706F7},
                                                                         {0x1C010003, 0x800706B5},
                                                                         {0x1C010002, 0x800706D1},
                                                                         {0x1C010014, 0x800706BB}}) {
        const auto packets = bound([status](ConversationScript& s) { s.request().host(s.fault_pdu(status)); });
        const Tracked tracked = track(packets);
        const check::Finding* finding = only(tracked).finding("KMS-RPC-FAULT");
        REQUIRE(finding != nullptr);
        const std::string code = format_code(status);
        INFO(code);
        CHECK(finding->shown_inner_code() == inner_code);
        CHECK(check::causes_of(*finding).front().find(code) != std::string_view::npos);
        CHECK(check::remedy_of(*finding).front().find(code) != std::string_view::npos);
        CHECK(check::causes_of(*finding).size() == finding->rule->causes.size());
    }
    const Tracked unknown = track(bound([](ConversationScript& s) { s.request().host(s.fault_pdu(0xDEADBEEF)); }));
    CHECK(only(unknown).finding("KMS-RPC-FAULT")->shown_inner_code() == 0);
}

TEST_CASE("findings: the evidence of a fault names the call that it answers", "[check][findings]") {
    const auto packets = bound([](ConversationScript& s) {
        s.request().response().request().response().request();
        s.host(s.fault_pdu(5));
    });
    // Handshake 1 to 3; then each PDU with its ACK: bind 4, 6, requests and answers from 8 on.
    const Tracked tracked = track(packets);
    const check::Finding* finding = only(tracked).finding("KMS-RPC-FAULT");
    REQUIRE(finding != nullptr);
    CHECK(finding->packets == std::vector<std::uint64_t>{16, 18});
}

TEST_CASE("findings: the reason of a bind_nak decides the inner code and which cause comes first",
          "[check][findings]") {
    struct Nak {
        std::uint8_t reason;
        std::uint32_t inner_code;
        std::string_view word;
    };
    for (const auto& [reason, inner_code, word] : std::initializer_list<Nak>{{2, 0x800706BB, "limit"},
                                                                             {4, protocol_error, "version"},
                                                                             {8, 0x800706D3, "authentication"},
                                                                             {77, call_failed_dne, "limit"}}) {
        ConversationScript script;
        script.tcp.handshake();
        script.bind().host(ConversationScript::bind_nak_pdu(reason));
        const Tracked tracked = track(script.packets());
        const check::Finding* finding = only(tracked).finding("KMS-BIND-NAK");
        REQUIRE(finding != nullptr);
        INFO("reason " << int{reason});
        CHECK(finding->shown_inner_code() == inner_code);
        CHECK(check::causes_of(*finding).front().find(word) != std::string_view::npos);
    }
}

TEST_CASE("findings: a packet that the snaplen cut is told, a whole one is not", "[check][findings]") {
    const auto packets = good();
    auto cut = views_of(packets);
    REQUIRE_FALSE(only(track(cut)).has("KMS-CAPTURE-CUT-PACKETS"));
    for (PacketView& packet : cut) packet.data = head(packet.data, 96);
    const Tracked tracked = track(cut);
    CHECK(only(tracked).has("KMS-CAPTURE-CUT-PACKETS"));
    CHECK_FALSE(only(tracked).has("KMS-CAPTURE-GAP"));
}

TEST_CASE("findings: bodies under other keys are told as closed, those of the profile are not", "[check][findings]") {
    const auto packets = good();
    kms::KeyProfile other = kms::lab_profile();
    other.v6->at(3) ^= 0x40;
    for (const auto& [profile, fires] : {std::pair{kms::lab_profile(), false}, std::pair{other, true}}) {
        struct Collect : dissect::Sink {
            std::set<std::string_view> ids;
            void on_conversation(const dissect::Conversation& c) override {
                for (const auto& f : check::check_conversation(c, check::outcome_of(c))) ids.insert(f.rule->id);
            }
            void on_dns(const dissect::DnsSearch&) override {}
        } sink;
        kms::Codec codec{profile};
        dissect::Tracker tracker{{}, codec, sink};
        for (const PacketView& packet : views_of(packets)) tracker.on_packet(packet);
        tracker.finish();
        CHECK(sink.ids.contains("KMS-KEYS-MISSING") == fires);
        CHECK_FALSE(sink.ids.contains("KMS-RESPONSE-CHECK"));
    }
}

// What is reported about a capture, a look-up, several conversations, an event log or saved output of slmgr as a whole is
// tested elsewhere.
TEST_CASE("findings: the cases here cover every rule about a conversation", "[check][findings]") {
    std::set<std::string_view> covered{"KMS-CAPTURE-CUT-PACKETS", "KMS-KEYS-MISSING", "KMS-CAPTURE-LIMIT"};
    for (const Case& c : cases) covered.insert(c.id);
    for (const check::Rule* rule : check::all_rules()) {
        if (rule->stage == Stage::dns) continue;
        if (std::ranges::count(check::saved_rules(), rule) != 0) continue;
        if (std::ranges::count(check::event_rules(), rule) != 0) continue;
        if (std::ranges::count(check::correlation_rules(), rule) != 0) continue;
        constexpr std::string_view about_captures[] = {"KMS-CAPTURE-DAMAGED", "KMS-CAPTURE-LINK-TYPE",
                                                       "KMS-CAPTURE-SCAN"};
        // live_conversation_test.cpp, target_findings_test.cpp and tests/activate/ have these.
        constexpr std::string_view only_live[] = {"KMS-CONNECT-NO-ROUTE", "KMS-CONNECT-UNSTABLE",
                                                  "KMS-ADDRESS-DEAD",     "KMS-HOST-SKIPPED",
                                                  "KMS-PATH-MTU",         "KMS-LAB-KEYS-REFUSED"};
        // path_findings_test.cpp has these.
        constexpr std::string_view about_paths[] = {"KMS-PATH-MIDDLEBOX", "KMS-PATH-LOSS", "KMS-HOST-WINDOW-CLOSED",
                                                    "KMS-CAPTURE-ONE-WAY"};
        if (std::ranges::count(about_paths, rule->id) != 0) continue;
        if (std::ranges::count(about_captures, rule->id) + std::ranges::count(only_live, rule->id) != 0) continue;
        INFO(rule->id);
        CHECK(covered.contains(rule->id));
    }
}

}  // namespace
}  // namespace diag::test
