// A conversation that we had ourselves and a capture of it come to the same verdict.
#include "libdiag/check/live_conversation.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "libdiag/base/hex.h"
#include "libdiag/check/conversation_findings.h"
#include "libdiag/check/rules.h"
#include "libdiag/session/fault.h"
#include "tests/session/lab.h"
#include "tests/support/dissect/decode_packets.h"

using namespace diag;
using namespace diag::test;
using namespace std::chrono_literals;
using check::LiveConversation;
using session::ConnectEnd;
using session::StepEnd;

namespace {

// "KMS-BIND-RESET 0xC004F074 0x800706BF", sorted.
std::multiset<std::string> digest(const std::vector<check::Finding>& findings) {
    std::multiset<std::string> lines;
    for (const auto& finding : findings)
        lines.insert(std::string{finding.rule->id} + ' ' + format_code(finding.shown_windows_code()) + ' ' +
                     format_code(finding.shown_inner_code()));
    return lines;
}

const Endpoint client_end = endpoint("192.0.2.77", 49'701);
const Endpoint host_end = endpoint("192.0.2.10", 1688);

// One conversation with the reference host, as the client saw it.
struct Talk {
    explicit Talk(const std::string& fault, std::uint16_t major = 6, bool request = true)
        : lab{{.start_count = 30},
              fault.empty() ? std::vector<std::string_view>{} : std::vector<std::string_view>{fault}},
          client{{}, kms::lab_profile(), counting_bytes()} {
        connect.target = host_end;
        connect.local = client_end;
        connect.end = ConnectEnd::connected;
        connect.began = connect.ended = lab.steady;
        connect.began_at = lab.clock;
        kms::BaseRequest wanted = windows_request();
        wanted.version.major = major;
        if (request) client.add_request(wanted);
        lab.run(client);
    }

    // The packets of it, made by the packet builder, which knows nothing of the library.
    std::vector<TestPacket> packets() const {
        TcpScript tcp{{.client = client_end, .host = host_end, .start = connect.began_at}};
        tcp.handshake();
        session::TimePoint last = connect.began;
        const auto send = [&](Side from, Bytes bytes, session::TimePoint at) {
            if (bytes.empty()) return;
            tcp.wait((at - last).count());
            last = at;
            tcp.send(from, bytes).ack(from == Side::client ? Side::host : Side::client);
        };
        for (const auto& step : client.rpc().steps) {
            for (const auto& pdu : step.pdus) send(pdu.sent ? Side::client : Side::host, pdu.bytes, pdu.at);
            send(Side::host, step.unread, step.ended);
        }
        const auto& end = client.rpc().steps.back();
        tcp.wait((end.ended - last).count());
        if (end.end == StepEnd::reset) {
            tcp.rst(Side::host);
        } else if (end.end == StepEnd::closed) {
            tcp.fin(Side::host).fin(Side::client);
        } else {
            tcp.fin(Side::client).fin(Side::host);
        }
        return with_silence(std::move(tcp.packets));
    }

    Lab lab;
    session::KmsClient client;
    session::ConnectEvidence connect;
};

void compare(const Talk& talk) {
    kms::Codec codec{kms::lab_profile()};
    const LiveConversation live{talk.connect, talk.client.rpc(), codec};
    const auto seen = track(talk.packets()).conversations;
    REQUIRE(seen.size() == 1);
    CHECK(check::name_of(live.outcome()) == check::name_of(seen[0].outcome));
    CHECK(digest(live.findings()) == digest(seen[0].findings));
}

session::ConnectEvidence unanswered(ConnectEnd end) {
    session::ConnectEvidence connect{.target = host_end, .local = client_end, .end = end};
    connect.began_at = to_timestamp(lab_time);
    connect.ended = connect.began + 21s;
    return connect;
}

std::vector<check::Finding> findings_of(const session::ConnectEvidence& connect) {
    kms::Codec codec{kms::lab_profile()};
    return LiveConversation{connect, {}, codec}.findings();
}

std::string only_id(const std::vector<check::Finding>& findings) {
    REQUIRE(findings.size() == 1);
    return std::string{findings[0].rule->id};
}

}  // namespace

TEST_CASE("live conversation: of each fault it says what a capture says", "[check]") {
    for (const session::FaultInfo& info : session::all_faults()) {
        for (const session::Stage stage : info.stages) {
            for (const std::uint16_t major : std::initializer_list<std::uint16_t>{4, 5, 6}) {
                std::string fault{info.name};
                if (!info.default_argument && info.argument != session::FaultArgument::none)
                    fault += info.argument == session::FaultArgument::code           ? ":0xC004F042"
                             : info.argument == session::FaultArgument::milliseconds ? ":20000"
                                                                                     : ":2";
                fault += '@' + std::string{name_of(stage)};
                INFO(fault << " version " << major);
                compare(Talk{fault, major});
            }
        }
    }
}

TEST_CASE("live conversation: a healthy host is healthy, with a request and without", "[check]") {
    for (const bool request : {false, true}) {
        CAPTURE(request);
        const Talk talk{"", 6, request};
        compare(talk);
        kms::Codec codec{kms::lab_profile()};
        const LiveConversation live{talk.connect, talk.client.rpc(), codec};
        for (const auto& finding : live.findings()) CHECK(finding.rule->severity == check::Severity::info);
    }
}

TEST_CASE("live conversation: how the connection failed is told as a capture has it", "[check]") {
    const auto played = [](const std::function<void(TcpScript&)>& play) {
        TcpScript tcp{{.client = client_end, .host = host_end}};
        tcp.syn();
        play(tcp);
        const auto seen = track(with_silence(std::move(tcp.packets))).conversations;
        REQUIRE(seen.size() == 1);
        return digest(seen[0].findings);
    };
    CHECK(digest(findings_of(unanswered(ConnectEnd::refused))) == played([](auto& t) { t.rst(Side::host); }));
    CHECK(digest(findings_of(unanswered(ConnectEnd::no_answer))) == played([](auto& t) { t.syn().syn(); }));
    for (const std::uint8_t code : std::initializer_list<std::uint8_t>{0, 1, 3, 9, 10, 13}) {
        auto rejected = unanswered(ConnectEnd::unreachable);
        rejected.icmp = session::IcmpReport{.sender = test::ip("192.0.2.1"), .type = 3, .code = code};
        CAPTURE(unsigned{code});
        CHECK(digest(findings_of(rejected)) == played([&](auto& t) { t.unreachable(test::ip("192.0.2.1"), code); }));
    }
}

TEST_CASE("live conversation: a router that finds nobody does not forbid", "[check]") {
    // RFC 792: 0 network, 1 host unreachable, 3 port unreachable; RFC 1812: 13 administratively prohibited.
    for (const auto& [code, cause] : {std::pair{0, 1U}, {1, 1U}, {3, 0U}, {13, 0U}}) {
        CAPTURE(code);
        auto rejected = unanswered(ConnectEnd::unreachable);
        rejected.icmp =
            session::IcmpReport{.sender = test::ip("192.0.2.1"), .type = 3, .code = static_cast<std::uint8_t>(code)};
        CHECK(findings_of(rejected).at(0).likely_cause == cause);
    }
}

TEST_CASE("live conversation: of repeated SYNs only their number is known", "[check]") {
    auto connect = unanswered(ConnectEnd::no_answer);
    connect.syn_count = 3;
    const auto findings = findings_of(connect);
    CHECK(only_id(findings) == "KMS-CONNECT-NO-ANSWER");
    CHECK(findings[0].evidence.at(0).find("sent 3 times") != std::string::npos);
    for (const auto& line : findings[0].evidence) CHECK(line.find("last attempt") == std::string::npos);
}

TEST_CASE("live conversation: what never left this machine is not the network's", "[check]") {
    auto connect = unanswered(ConnectEnd::unreachable);
    connect.system_error = ENETUNREACH;
    const auto no_route = findings_of(connect);
    CHECK(only_id(no_route) == "KMS-CONNECT-NO-ROUTE");
    CHECK(no_route[0].likely_cause == 0);
    const auto forbidden = findings_of(unanswered(ConnectEnd::prohibited));
    CHECK(only_id(forbidden) == "KMS-CONNECT-NO-ROUTE");
    CHECK(forbidden[0].likely_cause == 1);
    connect.icmp = session::IcmpReport{.sender = client_end.ip, .type = 3, .code = 13};
    CHECK(only_id(findings_of(connect)) == "KMS-CONNECT-NO-ROUTE");
}

TEST_CASE("live conversation: a neighbour that does not answer ARP is a host that is off", "[check]") {
    auto connect = unanswered(ConnectEnd::unreachable);
    connect.icmp = session::IcmpReport{.sender = client_end.ip, .type = 3, .code = 1};
    const auto findings = findings_of(connect);
    CHECK(only_id(findings) == "KMS-CONNECT-NO-ANSWER");
    CHECK(findings[0].evidence.back().find("ARP") != std::string::npos);
}

TEST_CASE("live conversation: an answer that leads nowhere is not told as silence", "[check]") {
    Talk talk{""};
    session::RpcEvidence rpc = talk.client.rpc();
    session::RpcStep& call = rpc.steps.back();
    REQUIRE(call.kind == session::RpcStep::Kind::call);
    call.end = StepEnd::malformed;
    constexpr std::uint8_t last_fragment = 0x02;  // PFC_LAST_FRAG: the rest never comes
    call.pdus.back().bytes[3] &= static_cast<std::uint8_t>(~last_fragment);
    kms::Codec codec{kms::lab_profile()};
    const auto findings = LiveConversation{talk.connect, rpc, codec}.findings();
    CHECK(only_id(findings) == "KMS-REQUEST-NO-ANSWER");
    CHECK(findings[0].title == "192.0.2.10:1688 answered the request with something that is no answer to it");
}

TEST_CASE("live conversation: a host that cannot read the lab keys does what it must", "[check]") {
    Talk talk{"hresult:0x8007000D"};
    kms::Codec lab{kms::lab_profile()};
    const auto findings = LiveConversation{talk.connect, talk.client.rpc(), lab}.findings();
    CHECK(only_id(findings) == "KMS-LAB-KEYS-REFUSED");
    // Under a profile of one's own it is trouble.
    kms::KeyProfile own = kms::lab_profile();
    own.is_built_in = false;
    kms::Codec codec{own};
    CHECK(only_id(LiveConversation{talk.connect, talk.client.rpc(), codec}.findings()) == "KMS-REQUEST-INVALID");
}
