// What single replies to the SRV query mean for the verdict on a domain.
#include <catch2/catch.hpp>

#include "libdiag/check/rules.h"
#include "libdiag/check/srv_findings.h"

using namespace diag;
using check::check_srv;
using session::DnsEnd;
using session::DnsReply;
using session::DnsTransport;

namespace {

DnsReply reply(DnsEnd end, DnsTransport transport, std::uint16_t flags = dns::flag::qr) {
    DnsReply out;
    out.query = {.server = {.ip = *IpAddress::parse("192.0.2.53"), .port = 53},
                 .name = "_vlmcs._tcp.example.test",
                 .transport = transport};
    out.end = end;
    out.message.header.flags = flags;
    return out;
}

template <class... Replies> session::SrvEvidence evidence(Replies... replies) {
    session::SrvEvidence out;
    out.domain = "example.test";
    out.query = "_vlmcs._tcp.example.test";
    (out.replies.push_back(std::move(replies)), ...);
    for (std::size_t i = 0; i < out.replies.size() && !out.answer; ++i)
        if (out.replies[i].end == DnsEnd::answered) out.answer = i;
    return out;
}

check::Finding only(const session::SrvEvidence& evidence) {
    auto findings = check_srv(evidence, {});
    REQUIRE(findings.size() == 1);
    return findings.front();
}

constexpr std::uint16_t truncated = dns::flag::qr | dns::flag::tc;

}  // namespace

TEST_CASE("srv findings: a truncated answer and silence over TCP is a filtered TCP 53", "[check]") {
    CHECK(only(evidence(reply(DnsEnd::answered, DnsTransport::udp, truncated),
                        reply(DnsEnd::no_answer, DnsTransport::tcp)))
              .rule == &check::rule::dns_tcp_blocked);
}

TEST_CASE("srv findings: an unreadable answer over TCP came, so that nothing filters it", "[check]") {
    CHECK(only(evidence(reply(DnsEnd::answered, DnsTransport::udp, truncated),
                        reply(DnsEnd::malformed, DnsTransport::tcp)))
              .rule == &check::rule::dns_server_failure);
}

TEST_CASE("srv findings: an answer that is truncated also over TCP does not say that there is no record", "[check]") {
    CHECK(only(evidence(reply(DnsEnd::answered, DnsTransport::udp, truncated),
                        reply(DnsEnd::answered, DnsTransport::tcp, truncated)))
              .rule == &check::rule::dns_server_failure);
}

TEST_CASE("srv findings: an empty answer without error is a record that is missing", "[check]") {
    auto missing = evidence(reply(DnsEnd::answered, DnsTransport::udp));
    const auto plain = only(missing);
    CHECK(plain.rule == &check::rule::dns_no_record);
    missing.alias = "kms.example.test";
    const auto aliased = only(missing);
    CHECK(aliased.evidence.size() == plain.evidence.size() + 1);
    CHECK(aliased.evidence.back() == "the name is an alias for kms.example.test");
}

TEST_CASE("srv findings: a closed port 53 is no filter", "[check]") {
    const auto silent = only(evidence(reply(DnsEnd::no_answer, DnsTransport::udp)));
    const auto closed = only(evidence(reply(DnsEnd::unreachable, DnsTransport::udp)));
    REQUIRE(silent.rule == &check::rule::dns_no_answer);
    REQUIRE(closed.rule == &check::rule::dns_no_answer);
    CHECK(silent.likely_cause == 0);
    CHECK(closed.likely_cause == 1);
}
