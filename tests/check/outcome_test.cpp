// One scripted conversation for each outcome, and the neighbours that must not be confused with it.
#include "libdiag/check/outcome.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"

namespace diag::test {
namespace {

using check::Outcome;

struct Case {
    std::string name;
    Outcome outcome;
    void (*play)(ConversationScript& s);
    std::size_t fragment_size = 0;
};

// The PDUs of a fragmented call but the last.
ByteVector without_last_fragment(Bytes pdus) {
    constexpr std::size_t frag_length_at = 8;
    ByteVector kept;
    while (true) {
        const std::size_t size = pdus[frag_length_at] + 256U * pdus[frag_length_at + 1];
        if (size >= pdus.size()) return kept;
        kept.insert(kept.end(), pdus.begin(), pdus.begin() + static_cast<std::ptrdiff_t>(size));
        pdus = pdus.subspan(size);
    }
}

constexpr std::uint8_t port_unreachable = 3;
constexpr std::uint32_t access_denied = 5;

void bound(ConversationScript& s) {
    s.tcp.handshake();
    s.bind().bind_ack();
}

const Case cases[] = {
    // complete
    {"answered, client closes", Outcome::complete,
     [](ConversationScript& s) {
         bound(s);
         s.request().response();
         s.tcp.fin(Side::client).fin(Side::host);
     }},
    {"answered, host closes", Outcome::complete,
     [](ConversationScript& s) {
         bound(s);
         s.request().response();
         s.tcp.fin(Side::host).fin(Side::client);
     }},
    {"answered, client resets", Outcome::complete,
     [](ConversationScript& s) {
         bound(s);
         s.request().response();
         s.tcp.rst(Side::client);
     }},
    {"answered, host resets", Outcome::complete,
     [](ConversationScript& s) {
         bound(s);
         s.request().response();
         s.tcp.rst(Side::host);
     }},
    {"rejected by ICMP once, connected three seconds later", Outcome::complete,
     [](ConversationScript& s) {
         s.tcp.syn().unreachable(ip("192.0.2.1"), port_unreachable).wait(3'000'000'000);
         bound(s);
         s.request().response();
         s.tcp.fin(Side::client).fin(Side::host);
     }},
    {"the first bind refused by a nak, the second accepted", Outcome::complete,
     [](ConversationScript& s) {
         s.tcp.handshake();
         s.bind().host(ConversationScript::bind_nak_pdu(4));
         s.bind().bind_ack();
         s.tcp.fin(Side::client).fin(Side::host);
     }},
    {"HTTP answered by a nak", Outcome::not_rpc,
     [](ConversationScript& s) {
         s.tcp.handshake().send(Side::client, bytes_of("GET / HTTP/1.1\r\nHost: kms.example.test\r\n\r\n"));
         s.host(ConversationScript::bind_nak_pdu(4));
         s.tcp.fin(Side::client).fin(Side::host);
     }},
    {"answered, the capture ends before the close", Outcome::complete,
     [](ConversationScript& s) {
         bound(s);
         s.request().response();
     }},
    {"answered by a refusal", Outcome::complete,
     [](ConversationScript& s) {
         bound(s);
         s.request().host(s.refusal_pdu(0xC004F042));
         s.tcp.fin(Side::client).fin(Side::host);
     }},
    {"bound and closed by the client: a check of the service", Outcome::complete,
     [](ConversationScript& s) {
         bound(s);
         s.tcp.fin(Side::client).fin(Side::host);
     }},
    {"answered after a keep-alive", Outcome::complete,
     [](ConversationScript& s) {
         bound(s);
         s.request();
         const TcpFields again{.sequence = s.tcp.next_sequence(Side::client) - 1,
                               .acknowledgment = s.tcp.next_sequence(Side::host)};
         s.tcp.segment(Side::client, again, bytes({0})).segment(Side::client, again, {});
         s.response();
         s.tcp.fin(Side::client).fin(Side::host);
     }},

    {"an alter_context that the host never answers, after a finished exchange", Outcome::no_answer_to_bind,
     [](ConversationScript& s) {
         bound(s);
         s.request().response().client(s.alter_context_pdu());
         s.tcp.wait(60'000'000'000).fin(Side::client).fin(Side::host);
     }},
    {"an alter_context, then FIN", Outcome::closed_by_host_without_response,
     [](ConversationScript& s) {
         bound(s);
         s.request().response().client(s.alter_context_pdu());
         s.tcp.fin(Side::host).fin(Side::client);
     }},
    {"eight bytes of junk before a good answer", Outcome::complete,
     [](ConversationScript& s) {
         bound(s);
         s.request().host(bytes({0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4})).response();
         s.tcp.fin(Side::client).fin(Side::host);
     }},
    {"refused at first, connected with a new sequence number", Outcome::complete,
     [](ConversationScript& s) {
         s.tcp.segment(Side::client, {.sequence = 77'777'777, .flags = 0x02}, {});
         s.tcp.segment(Side::host, {.sequence = 0, .acknowledgment = 77'777'778, .flags = 0x14}, {});
         bound(s);
         s.request().response();
         s.tcp.fin(Side::client).fin(Side::host);
     }},

    {"answered, the first segment of the answer lost by the capture", Outcome::complete,
     [](ConversationScript& s) {
         bound(s);
         const ByteVector response = (s.request(), s.response_pdus());
         s.tcp.send(Side::host, response, 100).ack(Side::client).fin(Side::client).fin(Side::host);
         s.tcp.packets.erase(s.tcp.packets.end() - 6);
     }},

    {"a stray byte, a line of a proxy and a greeting of the host before a good conversation", Outcome::complete,
     [](ConversationScript& s) {
         s.tcp.handshake().send(Side::client,
                                bytes_of("PROXY TCP4 192.0.2.77 192.0.2.10 49701 1688 and more of it\r\n"));
         s.tcp.send(Side::host,
                    bytes_of("220 this is a greeting that is longer than sixty-four bytes, for good measure\r\n"));
         s.bind().bind_ack().request().response();
         s.tcp.fin(Side::client).fin(Side::host);
     }},
    {"answered after the client has closed its side", Outcome::complete,
     [](ConversationScript& s) {
         bound(s);
         s.request();
         s.tcp.fin(Side::client);
         s.response();
         s.tcp.fin(Side::host).ack(Side::client);
     }},

    // before the connection
    {"SYN answered by RST", Outcome::refused_by_rst, [](ConversationScript& s) { s.tcp.syn().rst(Side::host); }},
    {"every retry answered by RST", Outcome::refused_by_rst,
     [](ConversationScript& s) { s.tcp.syn().rst(Side::host).syn().rst(Side::host).syn().rst(Side::host); }},
    {"four SYNs, no answer", Outcome::no_answer_to_syn,
     [](ConversationScript& s) { s.tcp.syn().wait(1'000'000'000).syn().wait(2'000'000'000).syn().syn(); }},
    {"refused with one sequence number and with the next", Outcome::refused_by_rst,
     [](ConversationScript& s) {
         s.tcp.segment(Side::client, {.sequence = 77'777'777, .flags = 0x02}, {});
         s.tcp.segment(Side::host, {.sequence = 0, .acknowledgment = 77'777'778, .flags = 0x14}, {});
         s.tcp.syn().rst(Side::host);
     }},
    {"SYN answered by ICMP", Outcome::rejected_by_icmp,
     [](ConversationScript& s) { s.tcp.syn().unreachable(ip("192.0.2.10"), port_unreachable); }},
    {"each SYN answered by ICMP of a router", Outcome::rejected_by_icmp,
     [](ConversationScript& s) {
         s.tcp.syn().unreachable(ip("192.0.2.1"), 13).syn().unreachable(ip("192.0.2.1"), 13);
     }},
    {"an ICMP error in the middle of a good conversation changes nothing", Outcome::complete,
     [](ConversationScript& s) {
         bound(s);
         s.request();
         s.tcp.unreachable(ip("192.0.2.1"), 1);
         s.response();
     }},

    // the bind
    {"bind, then nothing", Outcome::no_answer_to_bind,
     [](ConversationScript& s) {
         s.tcp.handshake();
         s.bind();
     }},
    {"bind, then the client gives up", Outcome::no_answer_to_bind,
     [](ConversationScript& s) {
         s.tcp.handshake();
         s.bind();
         s.tcp.wait(60'000'000'000).fin(Side::client).fin(Side::host);
     }},
    {"bind, then the client resets", Outcome::no_answer_to_bind,
     [](ConversationScript& s) {
         s.tcp.handshake();
         s.bind();
         s.tcp.rst(Side::client);
     }},
    {"bind, then RST", Outcome::reset_by_host_after_bind,
     [](ConversationScript& s) {
         s.tcp.handshake();
         s.bind();
         s.tcp.rst(Side::host);
     }},
    {"bind, then FIN", Outcome::closed_by_host_without_response,
     [](ConversationScript& s) {
         s.tcp.handshake();
         s.bind();
         s.tcp.fin(Side::host).fin(Side::client);
     }},
    {"bind, FIN, then RST of the same host", Outcome::closed_by_host_without_response,
     [](ConversationScript& s) {
         s.tcp.handshake();
         s.bind();
         s.tcp.fin(Side::host).fin(Side::client).rst(Side::host);
     }},
    {"half a bind, client closes", Outcome::closed_by_client_mid_pdu,
     [](ConversationScript& s) {
         s.tcp.handshake();
         const ByteVector pdu = s.bind_pdu();
         s.client(head(pdu, pdu.size() / 2));
         s.tcp.fin(Side::client).fin(Side::host);
     }},
    {"half a bind, host resets", Outcome::reset_by_host_after_bind,
     [](ConversationScript& s) {
         s.tcp.handshake();
         const ByteVector pdu = s.bind_pdu();
         s.client(head(pdu, pdu.size() / 2));
         s.tcp.rst(Side::host);
     }},
    {"bind_nak", Outcome::bind_refused_by_nak,
     [](ConversationScript& s) {
         s.tcp.handshake();
         s.bind().host(ConversationScript::bind_nak_pdu(4));
         s.tcp.fin(Side::client).fin(Side::host);
     }},
    {"bind_nak, and a client that calls nevertheless", Outcome::bind_refused_by_nak,
     [](ConversationScript& s) {
         s.tcp.handshake();
         s.bind().host(ConversationScript::bind_nak_pdu(4));
         s.request();
         s.tcp.fin(Side::host).fin(Side::client);
     }},
    {"interface unknown", Outcome::interface_not_supported,
     [](ConversationScript& s) {
         s.tcp.handshake();
         s.bind().host(s.rejecting_bind_ack_pdu(1));
         s.tcp.fin(Side::client).fin(Side::host);
     }},
    {"no syntax accepted", Outcome::interface_not_supported,
     [](ConversationScript& s) {
         s.tcp.handshake();
         s.bind().host(s.rejecting_bind_ack_pdu(2));
         s.tcp.fin(Side::host).fin(Side::client);
     }},
    {"accepted and closed by the host before any RPC", Outcome::closed_by_host_without_response,
     [](ConversationScript& s) { s.tcp.handshake().fin(Side::host).fin(Side::client); }},
    {"HTTP answer", Outcome::not_rpc,
     [](ConversationScript& s) {
         s.tcp.handshake();
         s.bind().host(bytes_of("HTTP/1.1 400 Bad Request\r\n\r\n"));
         s.tcp.fin(Side::host).fin(Side::client);
     }},

    // bound
    {"bound, host closes", Outcome::closed_by_host_idle,
     [](ConversationScript& s) {
         bound(s);
         s.tcp.wait(30'000'000'000).fin(Side::host).fin(Side::client);
     }},
    {"bound, host resets", Outcome::reset_by_host_after_bind,
     [](ConversationScript& s) {
         bound(s);
         s.tcp.rst(Side::host);
     }},

    // the request
    {"request, then nothing", Outcome::request_unanswered,
     [](ConversationScript& s) {
         bound(s);
         s.request();
     }},
    {"request, and the capture ends with it", Outcome::request_unanswered,
     [](ConversationScript& s) {
         bound(s);
         s.tcp.send(Side::client, s.request_pdus());
     }},
    {"request, then the client gives up", Outcome::request_unanswered,
     [](ConversationScript& s) {
         bound(s);
         s.request();
         s.tcp.wait(60'000'000'000).fin(Side::client).fin(Side::host);
     }},
    {"second request without an answer", Outcome::request_unanswered,
     [](ConversationScript& s) {
         bound(s);
         s.request().response().request();
     }},
    {"request, then RST", Outcome::reset_by_host_after_request,
     [](ConversationScript& s) {
         bound(s);
         s.request();
         s.tcp.rst(Side::host);
     }},
    {"second request, then RST", Outcome::reset_by_host_after_request,
     [](ConversationScript& s) {
         bound(s);
         s.request().response().request();
         s.tcp.rst(Side::host);
     }},
    {"request, then FIN", Outcome::closed_by_host_without_response,
     [](ConversationScript& s) {
         bound(s);
         s.request();
         s.tcp.fin(Side::host).fin(Side::client);
     }},
    {"half a request, client closes", Outcome::closed_by_client_mid_pdu,
     [](ConversationScript& s) {
         bound(s);
         s.client(head(s.request_pdus(), 100));
         s.tcp.fin(Side::client).fin(Side::host);
     }},
    {"half a request, host resets", Outcome::reset_by_host_after_request,
     [](ConversationScript& s) {
         bound(s);
         s.client(head(s.request_pdus(), 100));
         s.tcp.rst(Side::host);
     }},
    {"half a response, host closes", Outcome::closed_by_host_mid_response,
     [](ConversationScript& s) {
         bound(s);
         s.request().host(head(s.response_pdus(), 100));
         s.tcp.fin(Side::host).fin(Side::client);
     }},
    {"half a response, host resets", Outcome::closed_by_host_mid_response,
     [](ConversationScript& s) {
         bound(s);
         s.request().host(head(s.response_pdus(), 100));
         s.tcp.rst(Side::host);
     }},
    {"half a response, then the client gives up", Outcome::request_unanswered,
     [](ConversationScript& s) {
         bound(s);
         s.request().host(head(s.response_pdus(), 100));
         s.tcp.fin(Side::client).fin(Side::host);
     }},
    {"answered when the client has given up, and its system resets", Outcome::request_unanswered,
     [](ConversationScript& s) {
         bound(s);
         s.request();
         s.tcp.wait(11'000'000'000).fin(Side::client);
         s.tcp.send(Side::host, s.response_pdus()).rst(Side::client);
     }},
    {"a bind answered when the client has given up, and its system resets", Outcome::no_answer_to_bind,
     [](ConversationScript& s) {
         s.tcp.handshake();
         s.bind();
         s.tcp.wait(11'000'000'000).fin(Side::client);
         s.tcp.send(Side::host, s.bind_ack_pdu()).rst(Side::client);
     }},
    {"a fragmented response, host closes before its last fragment", Outcome::closed_by_host_mid_response,
     [](ConversationScript& s) {
         bound(s);
         s.request();
         s.host(without_last_fragment(s.response_pdus()));
         s.tcp.fin(Side::host).fin(Side::client);
     },
     64},
    {"a fragmented request, client closes before its last fragment", Outcome::closed_by_client_mid_pdu,
     [](ConversationScript& s) {
         bound(s);
         s.client(without_last_fragment(s.request_pdus()));
         s.tcp.fin(Side::client).fin(Side::host);
     },
     64},
    {"fault", Outcome::fault,
     [](ConversationScript& s) {
         bound(s);
         s.request().host(s.fault_pdu(access_denied));
         s.tcp.fin(Side::client).fin(Side::host);
     }},
};

TEST_CASE("outcome: each scripted conversation ends as it was played", "[check][outcome]") {
    for (const Case& c : cases) {
        ConversationScript script{{.fragment_size = c.fragment_size}};
        c.play(script);
        const Tracked tracked = track(script.packets());
        INFO(c.name);
        REQUIRE(tracked.conversations.size() == 1);
        CHECK(name_of(tracked.conversations.front().outcome) == name_of(c.outcome));
    }
}

TEST_CASE("outcome: the scripts above play every one of them", "[check][outcome]") {
    std::set<Outcome> played;
    for (const Case& c : cases) played.insert(c.outcome);
    CHECK(played.size() == check::outcome_count);
}

TEST_CASE("outcome: whose close came first is told by what it confirms, not by the order of capture",
          "[check][outcome]") {
    for (const Side first : {Side::client, Side::host}) {
        ConversationScript script;
        bound(script);
        script.request();
        script.tcp.fin(first).fin(first == Side::client ? Side::host : Side::client);
        std::vector<TestPacket> packets = script.packets();
        const Outcome want =
            first == Side::client ? Outcome::request_unanswered : Outcome::closed_by_host_without_response;
        CHECK(track(packets).conversations.at(0).outcome == want);
        std::swap(packets[packets.size() - 1], packets[packets.size() - 2]);
        CHECK(track(packets).conversations.at(0).outcome == want);
    }
}

TEST_CASE("outcome: names and outcomes belong to each other, and each has a description", "[check][outcome]") {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < check::outcome_count; ++i) {
        const auto outcome = static_cast<Outcome>(i);
        CHECK(check::parse_outcome(name_of(outcome)) == outcome);
        CHECK_FALSE(describe(outcome).empty());
        names.insert(name_of(outcome));
    }
    CHECK(names.size() == check::outcome_count);
    CHECK_FALSE(check::parse_outcome("Complete"));
    CHECK_FALSE(check::parse_outcome(""));
}

// Every outcome but `complete` must leave the reader with a reason to look at.
TEST_CASE("outcome: every bad end has a finding with stage, evidence and packets of the capture", "[check][outcome]") {
    for (const Case& c : cases) {
        if (c.outcome == Outcome::complete) continue;
        ConversationScript script{{.fragment_size = c.fragment_size}};
        c.play(script);
        const Tracked tracked = track(with_silence(script.packets()));
        INFO(c.name);
        REQUIRE(tracked.conversations.size() == 1);
        const auto& findings = tracked.conversations.front().findings;
        REQUIRE_FALSE(findings.empty());
        const check::Finding& first = findings.front();
        CHECK(first.rule->severity >= check::Severity::warning);
        CHECK(first.rule->stage != check::Stage::capture);
        CHECK_FALSE(first.title.empty());
        CHECK_FALSE(first.evidence.empty());
        REQUIRE_FALSE(first.packets.empty());
        CHECK(std::is_sorted(first.packets.begin(), first.packets.end()));
        for (const std::uint64_t packet : first.packets) {
            CHECK(packet >= 1);
            CHECK(packet <= script.packets().size());
        }
    }
}

}  // namespace
}  // namespace diag::test
