// Bounds and harmless output; what a timeline says is in tests/tools/kms_decode_events_test.py.
#include "libdiag/decode/timeline.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "libdiag/base/text_width.h"
#include "tests/check/event_script.h"

namespace diag::decode {
namespace {

using test::EventScript;

std::string text_of(const check::JoinedEvents& events, bool verbose) {
    std::string out;
    for (const auto* client : clients_to_print(events, false))
        append_timeline_text(out, events, *client, report::Style{false}, verbose);
    append_events_text(out, events, check::check_events(events), report::Style{false}, verbose);
    return out;
}

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size()) ++count;
    return count;
}

TEST_CASE("timeline: of many steps the newest are shown, and the others counted", "[events]") {
    EventScript script{"pc17"};
    for (int minute = 0; minute < 50; ++minute) script.sent(minute, {.host = fmt::format("h{}.example:1688", minute)});
    const std::vector logs{script.typed("c")};
    const auto events = check::join_events(logs);
    const std::string brief = text_of(events, false);
    CHECK(count_of(brief, "client 12288") == timeline_limits::text_step_count);
    CHECK(brief.find("30 older steps left out") != std::string::npos);
    CHECK(brief.find("h49.example") != std::string::npos);
    CHECK(brief.find("h29.example") == std::string::npos);
    CHECK(count_of(text_of(events, true), "client 12288") == 50);
}

TEST_CASE("timeline: clients in trouble come first, and alone when quiet", "[events]") {
    EventScript script{"kms01"};
    script.processed(1, {.id = "11111111-90f5-4a6c-8c11-0a4f2f3e9d01"}, "well");
    script.processed(2, {.code = "0xC004F015"}, "ill");
    const std::vector logs{script.typed("h")};
    const auto events = check::join_events(logs);
    const auto all = clients_to_print(events, false);
    REQUIRE(all.size() == 2);
    CHECK(all[0]->name == "ill");
    CHECK(all[1]->name == "well");
    REQUIRE(clients_to_print(events, true).size() == 1);
    CHECK(clients_to_print(events, true)[0]->name == "ill");
}

TEST_CASE("timeline: no more clients than the limit", "[events]") {
    EventScript script{"kms01"};
    for (unsigned i = 0; i < timeline_limits::client_count + 10; ++i)
        script.processed(1, {.id = fmt::format("{:08x}-90f5-4a6c-8c11-0a4f2f3e9d01", i)}, "pc");
    const std::vector logs{script.typed("h")};
    CHECK(clients_to_print(check::join_events(logs), false).size() == timeline_limits::client_count);
}

TEST_CASE("timeline: whatever stands in a log, lines fit a terminal and do not steer it", "[events]") {
    const std::string evil = std::string(300, 'x') + "\x1b[2J\u202e\r\n\xff";
    EventScript script{evil};
    script.sent(1, {.code = "0x800706BA", .host = evil}).processed(2, {.code = "0xC004F015"}, evil).published(3, evil);
    script.not_published(4, evil, "0x80072338").failed(5, "0xC004F074");
    const std::vector logs{script.typed(evil)};
    const auto events = check::join_events(logs);
    std::istringstream lines{text_of(events, true)};
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        CHECK(column_count(line) <= 80);
        CHECK(line.find_first_of("\x1b\r\xff") == std::string::npos);
        CHECK(line.find("\u202e") == std::string::npos);
    }
    std::string json;
    for (const auto* client : clients_to_print(events, false)) append_timeline_json(json, events, *client);
    append_events_json(json, events, check::check_events(events));
    CHECK(json.find_first_of("\x1b\r\xff") == std::string::npos);
}

}  // namespace
}  // namespace diag::decode
