#include "libdiag/decode/summary.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <set>
#include <sstream>

#include "libdiag/check/conversation_findings.h"
#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"

namespace diag::decode {
namespace {

using test::ConversationScript;
using test::endpoint;
using test::Side;

const report::Style plain{false};

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream in{text};
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

std::size_t line_with(const std::vector<std::string>& lines, std::string_view text) {
    const auto found =
        std::find_if(lines.begin(), lines.end(), [&](const auto& l) { return l.find(text) != std::string::npos; });
    INFO(text);
    REQUIRE(found != lines.end());
    return static_cast<std::size_t>(found - lines.begin());
}

class Packets {
public:
    test::ConversationOptions next_options() {
        ++port_;
        return {.client = endpoint("192.0.2.77", port_),
                .start = {1'764'000'000'000'000'000 + port_ * 1'000'000'000LL}};
    }
    void add(const std::vector<test::TestPacket>& packets) { all_.insert(all_.end(), packets.begin(), packets.end()); }
    std::string summary(const Selection& selection = {}) const {
        return test::decode_text(test::views_of(all_), {.detail = Detail::summary, .selection = selection});
    }

private:
    std::uint16_t port_ = 40000;
    std::vector<test::TestPacket> all_;
};

TEST_CASE("summary: trouble comes first, then refusals, then warnings, then success", "[decode][summary]") {
    Packets packets;
    packets.add(test::conversation(packets.next_options(), 3));
    auto low = packets.next_options();
    low.count = 3;
    packets.add(test::conversation(low));
    {
        ConversationScript script{packets.next_options()};
        script.tcp.handshake();
        script.bind().bind_ack().request().host(script.refusal_pdu(0xC004F042));
        script.tcp.fin(Side::client).fin(Side::host);
        packets.add(script.packets());
    }
    {
        ConversationScript script{packets.next_options()};
        script.tcp.syn().rst(Side::host);
        packets.add(script.packets());
    }
    const auto lines = lines_of(packets.summary());
    const std::size_t trouble = line_with(lines, "  refused_by_rst");
    const std::size_t refusal = line_with(lines, "  refused 0xC004F042");
    const std::size_t warning = line_with(lines, "  complete, count too low");
    const std::size_t success =
        static_cast<std::size_t>(std::find(lines.begin(), lines.end(), "  complete") - lines.begin());
    REQUIRE(success < lines.size());
    CHECK(trouble < refusal);
    CHECK(refusal < warning);
    CHECK(warning < success);
    CHECK_THAT(lines.at(success + 1), Catch::Contains("3 x 192.0.2.77") && Catch::Contains("6.0 Windows 8 Enterprise"));
    CHECK_THAT(lines.front(), Catch::StartsWith("Summary: 1 capture, 4 conversations, 5 requests, 1 client, 1 host"));
}

TEST_CASE("summary: a capture without KMS says so", "[decode][summary]") {
    CHECK_THAT(Packets{}.summary(), Catch::EndsWith("No KMS traffic found.\n"));
}

TEST_CASE("summary: a selection that nothing matches says so, and how much it left out", "[decode][summary]") {
    Packets packets;
    packets.add(test::conversation(packets.next_options()));
    packets.add(test::conversation(packets.next_options()));
    CHECK_THAT(packets.summary({.outcomes = {check::Outcome::not_rpc}}),
               Catch::EndsWith("No conversation matches the selection (2 conversations in the capture).\n"));
    CHECK_THAT(packets.summary({.outcomes = {check::Outcome::complete}}), !Catch::Contains("selection"));
}

// A conversation that never got to a request, from a client of this number.
dissect::Conversation refused_conversation(std::uint32_t client) {
    dissect::Conversation c;
    c.client = endpoint("10." + std::to_string(client / 65536) + "." + std::to_string(client / 256 % 256) + "." +
                            std::to_string(client % 256),
                        40000);
    c.host = endpoint("192.0.2.10", 1688);
    return c;
}

// The column in which `text` begins.
std::size_t column_of(const std::vector<std::string>& lines, std::string_view text) {
    return lines.at(line_with(lines, text)).find(text);
}

TEST_CASE("summary: the products of short and long addresses stand in one column", "[decode][summary]") {
    Summary summary;
    summary.add_capture();
    auto with_ends = [&](std::string_view client, std::string_view host, check::Outcome outcome) {
        dissect::Conversation c;
        c.client = endpoint(client, 40000);
        c.host = endpoint(host, 1688);
        summary.add(c, outcome, {});
    };
    with_ends("10.0.0.1", "192.0.2.10", check::Outcome::fault);
    with_ends("2001:db8::77", "2001:db8::10", check::Outcome::refused_by_rst);
    with_ends("2001:db8:1111:2222:3333:4444:5555:6666", "2001:db8:1111:2222:3333:4444:5555:7777",
              check::Outcome::not_rpc);
    const auto lines = lines_of(summary.to_text(plain, 0));
    std::set<std::size_t> columns;
    for (const std::string& line : lines) {
        CHECK(line.size() <= 80);
        if (const std::size_t at = line.find("(no request)"); at != std::string::npos) columns.insert(at);
    }
    CHECK(columns.size() == 1);
    CHECK(column_of(lines, "-> 192.0.2.10:1688") == column_of(lines, "-> [2001:db8::10]:1688"));
}

TEST_CASE("summary: a table that is cut says how much is missing", "[decode][summary]") {
    Summary summary;
    summary.add_capture();
    for (std::uint32_t i = 1; i <= 30; ++i) summary.add(refused_conversation(i), check::Outcome::refused_by_rst, {});
    const auto cut = lines_of(summary.to_text(plain, 20));
    CHECK(std::count_if(cut.begin(), cut.end(), [](const auto& l) { return l.find(" x ") != std::string::npos; }) ==
          20);
    CHECK_THAT(cut.back(), Catch::Contains("10 more rows"));
    const auto whole = lines_of(summary.to_text(plain, 0));
    CHECK(std::count_if(whole.begin(), whole.end(), [](const auto& l) { return l.find(" x ") != std::string::npos; }) ==
          30);
}

TEST_CASE("summary: past its bound rows are put together, and no conversation is lost from the counts",
          "[decode][summary]") {
    constexpr std::uint32_t count = 20'000;
    Summary summary;
    summary.add_capture();
    for (std::uint32_t i = 0; i < count; ++i) summary.add(refused_conversation(i), check::Outcome::refused_by_rst, {});
    CHECK(summary.conversation_count() == count);
    const auto lines = lines_of(summary.to_text(plain, 0));
    CHECK(lines.size() <= Summary::max_rows + 8);
    std::uint64_t total = 0;
    for (const std::string& line : lines) {
        if (line.find(" x ") != std::string::npos) total += std::stoull(line);
    }
    CHECK(total == count);
    CHECK_THAT(lines.at(line_with(lines, "other clients")),
               Catch::Contains(std::to_string(count - Summary::max_rows) + " x "));
    CHECK_THAT(lines.front(), Catch::Contains("20000 conversations"));
}

TEST_CASE("summary: a warning about the capture itself is among the warnings that it counts", "[decode][summary]") {
    kms::Codec codec{kms::lab_profile()};
    std::string out;
    Decoder decoder{{.detail = Detail::summary}, codec, [&out](std::string_view text) {
                        out += text;
                        return true;
                    }};
    decoder.begin_capture("cut.pcap");
    decoder.end_capture(CaptureDamage{.offset = 24, .what = "the file ends inside a record"}, 0);
    decoder.finish();
    CHECK(decoder.worst() == check::Severity::warning);
    CHECK_THAT(out, Catch::Contains("1 warning"));
}

TEST_CASE("summary: parts of one conversation count once, their requests all", "[decode][summary]") {
    Summary summary;
    summary.add_capture();
    for (unsigned part = 1; part <= 3; ++part) {
        dissect::Conversation c = refused_conversation(7);
        c.part = part;
        c.exchanges.resize(10);
        summary.add(c, check::Outcome::complete, {});
    }
    CHECK(summary.conversation_count() == 1);
    CHECK(summary.exchange_count() == 30);
}

}  // namespace
}  // namespace diag::decode
