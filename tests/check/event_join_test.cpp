#include "libdiag/check/event_join.h"

#include <catch2/catch.hpp>

#include "tests/check/event_script.h"

namespace diag::check {
namespace {

using test::clock_at;
using test::EventScript;

CapturedRequest captured(int minute) {
    CapturedRequest out;
    out.capture = "a.pcap";
    out.first_packet = 4;
    out.last_packet = 9;
    out.began = clock_at(minute);
    out.ended = clock_at(minute, 1);
    out.client = {*IpAddress::parse("192.0.2.77"), 40'000};
    out.host = {*IpAddress::parse("192.0.2.10"), 1688};
    return out;
}

CapturedRequest readable(int minute) {
    CapturedRequest out = captured(minute);
    out.client_machine_id = Uuid::parse(test::client_id);
    out.activation_id = Uuid::parse(test::windows_id);
    out.client_time = clock_at(minute, 31);
    out.hresult = 0xC004F042;
    return out;
}

std::size_t step_count(const JoinedEvents& events) {
    std::size_t count = 0;
    for (const auto& client : events.clients) count += client.steps.size();
    return count;
}

TEST_CASE("event join: 12288, 12289, 12290 and the packets of one request are one step", "[events]") {
    const std::vector logs{EventScript{"pc17"}.sent(5, {}).answered(5, 50).typed("c"),
                           EventScript{"kms01"}.processed(5, {}).typed("h")};
    const std::vector rows{readable(5)};
    const JoinedEvents events = join_events(logs, rows);
    REQUIRE(events.clients.size() == 1);
    REQUIRE(step_count(events) == 1);
    const RequestStep& step = events.clients[0].steps[0];
    CHECK(events.clients[0].name == "pc17");
    CHECK(events.sent(step) != nullptr);
    CHECK(events.answered(step) != nullptr);
    CHECK(events.processed(step) != nullptr);
    CHECK(step.match == CaptureMatch::by_request);
}

TEST_CASE("event join: requests of one minute go to the hosts that they name", "[events]") {
    const std::vector logs{EventScript{"pc17"}
                               .sent(5, {.code = "0x800706BA", .host = "kms01.corp.example:1688"})
                               .sent(5, {.host = "kms02.corp.example:1688"})
                               .typed("c"),
                           EventScript{"kms02.corp.example"}.processed(5, {}).typed("h")};
    const JoinedEvents events = join_events(logs);
    REQUIRE(step_count(events) == 2);
    CHECK(events.processed(events.clients[0].steps[0]) == nullptr);
    CHECK(events.processed(events.clients[0].steps[1]) != nullptr);
}

TEST_CASE("event join: a minute's difference still joins, two do not", "[events]") {
    const auto steps = [](int minute) {
        const std::vector logs{EventScript{"pc17"}.sent(5, {}).typed("c"),
                               EventScript{"kms01"}.processed(minute, {}).typed("h")};
        return step_count(join_events(logs));
    };
    CHECK(steps(5) == 1);
    CHECK(steps(4) == 1);
    CHECK(steps(6) == 1);
    CHECK(steps(7) == 2);
}

TEST_CASE("event join: 12289 goes to the first request that waits for it, and not to one that failed", "[events]") {
    const std::vector logs{EventScript{"pc17"}
                               .sent(1, {.code = "0x800706BA"})
                               .sent(5, {})
                               .sent(5, {.product = test::server_id})
                               .answered(5, 50)
                               .answered(5, 10)
                               .typed("c")};
    const JoinedEvents events = join_events(logs);
    REQUIRE(step_count(events) == 3);
    const auto& steps = events.clients[0].steps;
    CHECK(events.answered(steps[0]) == nullptr);
    REQUIRE(events.answered(steps[1]) != nullptr);
    CHECK(events.answered(steps[1])->count == 50U);
    CHECK(events.answered(steps[2])->count == 10U);
}

TEST_CASE("event join: an answer without its request stands alone, with the client of the log", "[events]") {
    const std::vector logs{EventScript{"pc17"}.sent(1, {.code = "0x800706BA"}).answered(30, 50).typed("c")};
    const JoinedEvents events = join_events(logs);
    REQUIRE(events.clients.size() == 1);
    CHECK(events.clients[0].steps.size() == 2);
}

TEST_CASE("event join: a conversation that cannot be read is joined by its time, where only one event fits",
          "[events]") {
    const std::vector logs{EventScript{"pc17"}.sent(5, {.code = "0x800706BA"}).typed("c")};
    std::vector rows{captured(5)};
    rows[0].outcome = Outcome::refused_by_rst;
    const auto match = [&] { return join_events(logs, rows).clients.at(0).steps.at(0).match; };
    CHECK(match() == CaptureMatch::by_time);
    SECTION("not beside another one that fits as well") {
        rows.push_back(rows[0]);
        CHECK(match() == CaptureMatch::none);
    }
    SECTION("not at another port, name or time") {
        rows[0].host.port = 1689;
        CHECK(match() == CaptureMatch::none);
        rows[0].host.port = 1688;
        rows[0].host_name = "other.corp.example";
        CHECK(match() == CaptureMatch::none);
        rows[0].host_name = "KMS01.corp.example";
        CHECK(match() == CaptureMatch::by_time);
        rows[0].began = rows[0].ended = clock_at(4);
        CHECK(match() == CaptureMatch::none);
    }
    SECTION("not with an answer of another code") {
        rows[0].hresult = 0xC004F042;
        CHECK(match() == CaptureMatch::none);
    }
}

TEST_CASE("event join: a client that only captures have is left to them", "[events]") {
    const std::vector logs{EventScript{"kms01"}.published(1, "corp.example").typed("h")};
    const std::vector rows{readable(5)};
    CHECK(join_events(logs, rows).clients.empty());
}

TEST_CASE("event join: names of machines are the same in any case, and without their domain", "[events]") {
    CHECK(is_same_machine("KMS01.corp.example", "kms01.CORP.example"));
    CHECK(is_same_machine("kms01", "kms01.corp.example"));
    CHECK_FALSE(is_same_machine("kms01.a.example", "kms01.b.example"));
    CHECK_FALSE(is_same_machine("kms01", "kms02.corp.example"));
    CHECK_FALSE(is_same_machine("", ""));
}

TEST_CASE("event join: a log with very many requests of one minute is read in bounded time", "[events]") {
    EventScript client{"pc17"};
    EventScript host{"kms01"};
    for (int i = 0; i < 20'000; ++i) {
        client.sent(5, {.code = "0xC004F042", .host = fmt::format("h{}", i)});
        host.processed(5, {.code = "0xC004F015"});
    }
    const std::vector logs{client.typed("c"), host.typed("h")};
    const JoinedEvents events = join_events(logs);
    CHECK(step_count(events) >= 20'000);
    CHECK(check_events(events).size() <= 64);
}

}  // namespace
}  // namespace diag::check
