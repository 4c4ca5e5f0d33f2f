#include "libdiag/probe/probe_text.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "libdiag/base/text_width.h"
#include "libdiag/check/rules.h"

using namespace diag;
using namespace diag::probe;
using namespace std::chrono_literals;
using session::ConnectEnd;

namespace {

const IpAddress wide = *IpAddress::parse("2001:db8:1111:2222:3333:4444:5555:6666");

// A name of the largest size with one address, and a host that says hostile things.
TargetReport hostile_report() {
    TargetReport report{.target = {.host = std::string(255, 'k'), .address = {}, .port = 65'535}};
    report.name = session::NameEvidence{
        .name = report.target.host, .end = session::NameEnd::found, .addresses = std::vector<IpAddress>(64, wide)};
    AddressReport& address = report.addresses.emplace_back();
    address.evidence.endpoint = {wide, 65'535};
    address.evidence.attempt_count = 2;
    address.evidence.mapper_connect = ConnectEnd::no_answer;
    address.evidence.sizes = {{.bind_size = 160, .packet_size = 232, .passed = true}};
    address.connect_times.add(1h);
    address.last.target = address.evidence.endpoint;
    address.last.connect_end = ConnectEnd::connected;
    address.last.bind_time = 1ms;
    address.last.path = {.mtu_size = 0xFFFF'FFFF, .max_segment_size = 0xFFFF'FFFF};
    address.last.bind =
        BindFacts{.syntaxes = "NDR32 refused", .secondary_address = "\x1b[31m\r\n" + std::string(300, 'x')};
    address.last.request = RequestFacts{.epid = std::string(300, 'e') + "\x1b]0;title\x07"};
    report.findings.push_back({.rule = &check::rule::connect_no_answer,
                               .target = "x",
                               .title = "\x1b[2J" + std::string(200, 't'),
                               .evidence = {std::string(200, 'v')},
                               .packets = {}});
    return report;
}

std::string text_of(const TargetReport& report, bool verbose = true) {
    std::string text;
    append_text(text, report, report::Style{false}, verbose);
    return text;
}

Attempt failed(ConnectEnd end, std::optional<session::IcmpReport> icmp = {}) {
    Attempt attempt;
    attempt.target = {wide, 1688};
    attempt.local = {*IpAddress::parse("2001:db8::77"), 40'000};
    attempt.connect_end = end;
    attempt.connect_time = 2ms;
    attempt.icmp = icmp;
    return attempt;
}

std::string connect_line(const Attempt& attempt) {
    TargetReport report{.target = {.host = {}, .address = wide, .port = 1688}};
    report.addresses.emplace_back().last = attempt;
    const std::string text = text_of(report);
    const std::size_t at = text.find("  connect  ");
    REQUIRE(at != std::string::npos);
    return text.substr(at + 11, text.find('\n', at) - at - 11);
}

}  // namespace

TEST_CASE("probe text: no line but a name is wider than 80 columns, and no control character comes through",
          "[probe]") {
    std::istringstream lines{text_of(hostile_report())};
    std::string line;
    std::getline(lines, line);  // the target, as it was given
    while (std::getline(lines, line)) {
        CAPTURE(line);
        CHECK(column_count(line) <= 80);
        CHECK(std::ranges::none_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }));
    }
}

TEST_CASE("probe text: how a connection failed is said in words", "[probe]") {
    const session::IcmpReport by_router{.sender = *IpAddress::parse("2001:db8::1"), .type = 1, .code = 1};
    CHECK(connect_line(failed(ConnectEnd::refused)) == "not listening, refused after 2 ms");
    CHECK(connect_line(failed(ConnectEnd::no_answer)) == "filtered, no answer within 2 ms");
    CHECK(connect_line(failed(ConnectEnd::unreachable)) == "unreachable, no connection after 2 ms");
    CHECK(connect_line(failed(ConnectEnd::prohibited, by_router))
              .starts_with("filtered, rejected after 2 ms by 2001:db8::1"));
    // A firewall that rejects with "port unreachable" has the error number of a closed port.
    CHECK(connect_line(failed(ConnectEnd::refused, by_router)).starts_with("filtered, "));
}

TEST_CASE("probe text: a name that has no address is said in words", "[probe]") {
    TargetReport report{.target = {.host = "kms.example.test", .address = {}, .port = 1688}};
    report.name =
        session::NameEvidence{.name = "kms.example.test", .end = session::NameEnd::not_found, .addresses = {}};
    const std::string text = text_of(report);
    CHECK(text.find("the name does not exist (NXDOMAIN)") != std::string::npos);
    CHECK(text.find("not_found") == std::string::npos);
}

TEST_CASE("probe text: what the verdict says is not said twice", "[probe]") {
    TargetReport report{.target = {.host = {}, .address = wide, .port = 1688}};
    report.findings.push_back({.rule = &check::rule::connect_no_answer,
                               .target = "x",
                               .title = "the one sentence",
                               .evidence = {},
                               .packets = {}});
    const std::string text = text_of(report);
    const std::size_t first = text.find("the one sentence");
    REQUIRE(first != std::string::npos);
    CHECK(text.find("the one sentence", first + 1) == std::string::npos);
    CHECK(text.find("KMS-CONNECT-NO-ANSWER") != std::string::npos);
}

TEST_CASE("probe text: the summary counts each target once, by its worst finding", "[probe]") {
    ProbeSummary summary;
    TargetReport report;
    summary.add(report);
    std::string text;
    append_summary(text, summary);
    CHECK(text.empty());  // of one target all has been said
    report.findings.push_back(
        {.rule = &check::rule::address_dead, .target = {}, .title = {}, .evidence = {}, .packets = {}});
    summary.add(report);
    report.findings.push_back(
        {.rule = &check::rule::connect_no_answer, .target = {}, .title = {}, .evidence = {}, .packets = {}});
    summary.add(report);
    append_summary(text, summary);
    CHECK(text == "Summary: 3 targets, 1 in order, 1 with warnings, 1 not usable\n");
}
