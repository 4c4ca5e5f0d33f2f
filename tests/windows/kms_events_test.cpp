// Fields by name. Their order is that of libdiag/data/events.csv, which has it from Microsoft's technical reference.
#include "libdiag/windows/kms_events.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "libdiag/session/event_12290.h"
#include "libdiag/windows/event_clock.h"
#include "libdiag/windows/event_time.h"
#include "tests/windows/samples.h"

namespace diag::windows {
namespace {

using diag::test::windows_sample;

constexpr std::string_view spp = "Microsoft-Windows-Security-SPP";
constexpr std::string_view sent_data =
    "0xC004F06C, 0x05000000, kms01.corp.example:1688, 7F4C1B52-90f5-4a6c-8c11-0a4f2f3e9d01, 2026/11/23 20:09, 1, 5, "
    "90, "
    "73111121-5638-40f6-bc11-f1d7b0d64300, 25";

Event event(std::uint32_t id, std::vector<std::string> fields) {
    Event out{.time = {1'000}, .clock = EventClock::utc, .provider = std::string{spp}, .channel = {}, .computer = "pc"};
    out.event_id = id;
    out.fields = std::move(fields);
    return out;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> out{""};
    for (const char c : text) {
        if (c == ',') {
            out.emplace_back();
        } else if (c != ' ' || !out.back().empty()) {
            out.back() += c;
        }
    }
    return out;
}

KmsLog typed(std::uint32_t id, std::string_view data) {
    EventLog log;
    log.events.push_back(event(id, split(data)));
    return kms_log(log);
}

template <class T> T only(const KmsLog& log) {
    REQUIRE(log.unreadable_count == 0);
    REQUIRE(log.events.size() == 1);
    REQUIRE(std::holds_alternative<T>(log.events[0].body));
    return std::get<T>(log.events[0].body);
}

Timestamp at(std::string_view iso) {
    const auto time = parse_iso_time(iso);
    REQUIRE(time);
    return time->time;
}

std::string text_of(const std::optional<Timestamp>& time) { return time ? format_rfc3339(*time, 0) : "none"; }

KmsLog read(const std::string& text) {
    const auto log = read_events(bytes_of(text));
    REQUIRE(log);
    return kms_log(*log);
}

TEST_CASE("kms events, 12288: ten fields by name", "[events]") {
    const auto sent = only<RequestSent>(typed(12288, sent_data));
    CHECK(sent.hresult == 0xC004F06C);
    CHECK(sent.flags == 0x05000000);
    CHECK(flag_names(sent.flags) == "no KMS registration found, count below the requirement");
    CHECK(sent.host == "kms01.corp.example");
    CHECK(sent.port == 1688);
    CHECK(to_string(sent.request.client_machine_id) == "7f4c1b52-90f5-4a6c-8c11-0a4f2f3e9d01");
    CHECK(text_of(sent.request.client_time) == "2026-11-23T20:09:00Z");
    CHECK(sent.request.virtual_machine == 1U);
    CHECK(sent.request.license_status == 5U);
    CHECK(sent.request.minutes_to_expiry == 90U);
    CHECK(sent.request.activation_id == Uuid::parse("73111121-5638-40f6-bc11-f1d7b0d64300"));
    CHECK(sent.request.required_count == 25U);
}

TEST_CASE("kms events, 12288: the host may be an address, have no port, or be missing", "[events]") {
    const auto host_of = [](std::string_view host) {
        const auto sent = only<RequestSent>(
            typed(12288, fmt::format("0x0,0x0,{},7f4c1b52-90f5-4a6c-8c11-0a4f2f3e9d01,2026/11/23 20:09,0,1,9,"
                                     "73111121-5638-40f6-bc11-f1d7b0d64300,25",
                                     host)));
        return fmt::format("{}|{}", sent.host, sent.port ? std::to_string(*sent.port) : "");
    };
    CHECK(host_of("192.0.2.10:1688") == "192.0.2.10|1688");
    CHECK(host_of("[2001:db8::10]:1689") == "2001:db8::10|1689");
    CHECK(host_of("2001:db8::10") == "2001:db8::10|");
    CHECK(host_of("kms.corp.example.") == "kms.corp.example|");
    CHECK(host_of("kms:99999") == "kms|");
    CHECK(host_of("") == "|");
}

TEST_CASE("kms events, 12288: the last field may be empty or missing", "[events]") {
    const std::string_view front = sent_data.substr(0, sent_data.rfind(','));
    CHECK_FALSE(only<RequestSent>(typed(12288, fmt::format("{},", front))).request.required_count);
    CHECK_FALSE(only<RequestSent>(typed(12288, front)).request.required_count);
}

TEST_CASE("kms events, 12289: eight fields by name, with either spelling of the date", "[events]") {
    const auto date = GENERATE(as<std::string>{}, "2026/11/23 20:10", "11/23/2026 20:10");
    const auto answer = only<ResponseProcessed>(typed(12289, "0x0, 0x04000000, 0, 0, 12, 120, 10080, " + date));
    CHECK(answer.hresult == 0);
    CHECK(answer.flags == attempt_flag::count_low);
    CHECK_FALSE(answer.activated);
    CHECK(answer.count == 12U);
    CHECK(answer.activation_interval_minutes == 120U);
    CHECK(answer.renewal_interval_minutes == 10080U);
    CHECK(text_of(answer.client_time) == "2026-11-23T20:10:00Z");
}

TEST_CASE("kms events, 12290: nine fields by name", "[events]") {
    const auto processed = only<RequestProcessed>(
        typed(12290,
              "0xC004F015,5,srv3.corp.example,7f4c1b52-90f5-4a6c-8c11-0a4f2f3e9d01,2026/11/23 20:09,0,2,43200,"
              "34e1ae55-27f8-4950-8877-7a03be5fb181"));
    CHECK(processed.hresult == 0xC004F015);
    CHECK(processed.request.required_count == 5U);
    CHECK(processed.machine_name == "srv3.corp.example");
    CHECK(to_string(processed.request.client_machine_id) == "7f4c1b52-90f5-4a6c-8c11-0a4f2f3e9d01");
    CHECK(text_of(processed.request.client_time) == "2026-11-23T20:09:00Z");
    CHECK(processed.request.virtual_machine == 0U);
    CHECK(processed.request.license_status == 2U);
    CHECK(processed.request.minutes_to_expiry == 43200U);
    CHECK(processed.request.activation_id == Uuid::parse("34e1ae55-27f8-4950-8877-7a03be5fb181"));
}

TEST_CASE("kms events, 12290: what the reference host logs is read back", "[events]") {
    kms::BaseRequest base;
    base.required_client_count = 5;
    REQUIRE(base.set_workstation_text("pc7.corp.example"));
    base.client_machine_id = *Uuid::parse("7f4c1b52-90f5-4a6c-8c11-0a4f2f3e9d01");
    base.client_time_filetime = to_filetime(at("2026-11-23T20:09:15Z"));
    base.virtual_machine = 1;
    base.license_status = 6;
    base.binding_expiration_minutes = 17;
    base.activation_id = *Uuid::parse("34e1ae55-27f8-4950-8877-7a03be5fb181");
    const auto fields = session::event_fields(session::make_event({}, 0xC004F06C, &base));
    EventLog log;
    log.events.push_back(event(12290, {fields.begin(), fields.end()}));
    const auto processed = only<RequestProcessed>(kms_log(log));
    CHECK(processed.hresult == 0xC004F06C);
    CHECK(processed.machine_name == "pc7.corp.example");
    CHECK(processed.request == LoggedRequest{.client_machine_id = base.client_machine_id,
                                             .client_time = at("2026-11-23T20:09:00Z"),
                                             .virtual_machine = 1,
                                             .license_status = 6,
                                             .minutes_to_expiry = 17,
                                             .activation_id = base.activation_id,
                                             .required_count = 5});
}

TEST_CASE("kms events, 8198 and 8233: code, product and trigger, from values or from a message", "[events]") {
    EventLog log;
    log.events.push_back(event(8198, {"hr=0xC004F074",
                                      "RuleId=eeba1977-569e-4571-b639-7623d8bfecc0;Action=AutoActivate;"
                                      "SkuId=73111121-5638-40f6-bc11-f1d7b0d64300;Trigger=UserLogon;SessionId=1"}));
    log.events.push_back(
        event(8233, {"The rules engine reported a failed VL activation attempt.\r\nReason:0x8007007B\r\n"
                     "AppId = 55c92734-d682-4d71-983e-d6ec3f16059f, SkuId = "
                     "34e1ae55-27f8-4950-8877-7a03be5fb181\r\nTrigger=TimerEvent"}));
    log.events.push_back(event(8198, {"0x8007232B"}));
    log.events.push_back(event(8198, {"nothing that is read"}));
    const KmsLog out = kms_log(log);
    REQUIRE(out.events.size() == 3);
    CHECK(out.unreadable_count == 1);
    const auto& first = std::get<ActivationFailed>(out.events[0].body);
    CHECK(first.hresult == 0xC004F074);
    CHECK(first.activation_id == Uuid::parse("73111121-5638-40f6-bc11-f1d7b0d64300"));
    CHECK(first.trigger == "UserLogon");
    const auto& second = std::get<ActivationFailed>(out.events[1].body);
    CHECK(second.hresult == 0x8007007B);
    CHECK(second.activation_id == Uuid::parse("34e1ae55-27f8-4950-8877-7a03be5fb181"));
    CHECK(second.trigger == "TimerEvent");
    CHECK(std::get<ActivationFailed>(out.events[2].body).hresult == 0x8007232B);
}

TEST_CASE("kms events: wrong counts of fields and values that are none are counted and left out", "[events]") {
    const auto is_unreadable = [](std::uint32_t id, std::string_view data) {
        const KmsLog log = typed(id, data);
        return log.events.empty() && log.unreadable_count == 1;
    };
    CHECK(is_unreadable(12288, "0x0"));
    CHECK(is_unreadable(12288, fmt::format("{},1", sent_data)));
    CHECK(is_unreadable(12288, fmt::format("12{}", sent_data)));
    CHECK(is_unreadable(12288, fmt::format("0x1{}", sent_data.substr(2))));  // nine digits of code
    CHECK(is_unreadable(12289, "0x0, 0x0, 1, 0, 50, 120"));
    CHECK(is_unreadable(12289, "0x0, 0x0, yes, 0, 50, 120, 10080, 2026/11/23 20:10"));
    CHECK(is_unreadable(12290, "0x0,25,a,b,c"));
    CHECK(is_unreadable(
        12290, "0x0,25,a,7f4c1b52-90f5-4a6c-8c11,2026/11/23 20:09,0,1,9,34e1ae55-27f8-4950-8877-7a03be5fb181"));
    CHECK(is_unreadable(12290,
                        "0x0,25,a,7f4c1b52-90f5-4a6c-8c11-0a4f2f3e9d01,2026/11/23 20:09,0,1,9,"
                        "34e1ae55-27f8-4950-8877-7a03be5fb181,1"));
    CHECK(is_unreadable(12293, ""));
    CHECK(typed(12288, "0x0").first_unreadable == "event 12288 with 1 fields");
    CHECK(typed(16384, "2026").other_count == 1);
}

TEST_CASE("kms events: every proper prefix of a text is unreadable, or the same without its end", "[events]") {
    for (std::size_t size = 0; size < sent_data.size(); ++size) {
        const KmsLog log = typed(12288, sent_data.substr(0, size));
        CAPTURE(size);
        REQUIRE(log.events.size() + log.unreadable_count == 1);
        if (log.events.empty()) continue;
        CHECK(std::get<RequestSent>(log.events[0].body).hresult == 0xC004F06C);
        CHECK(std::get<RequestSent>(log.events[0].body).request.license_status == 5U);
    }
}

TEST_CASE("kms events: a host's log is the same in every format and zone", "[events]") {
    const KmsLog utc = read(windows_sample("kms-host.xml"));
    REQUIRE(utc.events.size() == 3);  // and none of Directory-Services-SAM
    CHECK(utc.unreadable_count == 0);
    const auto name = GENERATE(as<std::string>{}, "kms-host.csv", "kms-host-japanese.csv", "kms-host.txt");
    CAPTURE(name);
    const KmsLog local = read(windows_sample(name));
    REQUIRE(local.events.size() == 3);
    const auto expected = place_in_utc(utc);
    const auto placed = place_in_utc(local);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(local.events[i].body == utc.events[i].body);
        CHECK(placed[i].source == TimeSource::derived);
        CHECK(placed[i].at.ns / 1'000'000'000 == expected[i].at.ns / 1'000'000'000);
        CHECK(expected[i].source == TimeSource::log);
    }
}

TEST_CASE("kms events: a log without its newest first is turned round", "[events]") {
    EventLog log;
    for (const int second : {30, 20, 20, 10}) {
        Event e = event(12294, {fmt::format("d{}.example", log.events.size())});
        e.time = {second * 1'000'000'000LL};
        log.events.push_back(e);
    }
    const KmsLog out = kms_log(log);
    REQUIRE(out.events.size() == 4);
    const auto domain = [&](std::size_t i) { return std::get<Publication>(out.events[i].body).domain; };
    CHECK(domain(0) == "d3.example");
    CHECK(domain(1) == "d2.example");  // the same second: what stands below is older
    CHECK(domain(2) == "d1.example");
    CHECK(domain(3) == "d0.example");
}

TEST_CASE("event clock: the zone of a log follows from the client times, quarters of an hour included", "[events]") {
    EventLog log;
    Event sent = event(12288, split(sent_data));
    sent.clock = EventClock::local;
    sent.time = at("2026-11-24T01:54:17");  // Nepal, UTC+5:45
    log.events.push_back(sent);
    Event answer = event(12289, split("0x0, 0x0, 1, 0, 50, 120, 10080, 2026/11/23 20:10"));
    answer.clock = EventClock::local;
    answer.time = at("2026-11-24T01:54:18");
    log.events.push_back(answer);
    const auto placed = place_in_utc(kms_log(log));
    CHECK(format_rfc3339(placed[0].at, 0) == "2026-11-23T20:09:17Z");
    CHECK(format_rfc3339(placed[1].at, 0) == "2026-11-23T20:09:18Z");
    CHECK(placed[1].source == TimeSource::derived);
}

TEST_CASE("event clock: a client's own requests count more than those of clients whose clocks may be wrong",
          "[events]") {
    EventLog log;
    for (const std::uint32_t id : {12288U, 12290U, 12290U}) {
        Event e =
            event(id, split(id == 12288 ? sent_data
                                        : "0x0,25,late,11111111-90f5-4a6c-8c11-0a4f2f3e9d01,2026/11/23 18:09,0,1,9,"
                                          "34e1ae55-27f8-4950-8877-7a03be5fb181"));
        e.clock = EventClock::local;
        e.time = at("2026-11-23T21:09:17");  // UTC+1
        log.events.push_back(e);
    }
    const auto placed = place_in_utc(kms_log(log));
    REQUIRE(placed.size() == 3);
    for (const PlacedTime& time : placed) CHECK(format_rfc3339(time.at, 0) == "2026-11-23T20:09:17Z");
}

TEST_CASE("event clock: a request that was refused for its clock tells nothing of the zone", "[events]") {
    const std::string_view request =
        "11111111-90f5-4a6c-8c11-0a4f2f3e9d01,{},0,1,9,34e1ae55-27f8-4950-8877-7a03be5fb181";
    const auto logged = [&](std::string_view result, std::string_view client_time) {
        Event e =
            event(12290, split(fmt::format("{},25,pc,{}", result, fmt::format(fmt::runtime(request), client_time))));
        e.clock = EventClock::local;
        e.time = at("2026-11-23T21:09:17");  // UTC+1
        return e;
    };
    EventLog log;
    log.events.push_back(logged("0xC004F06C", "2026/11/23 15:09"));
    CHECK(place_in_utc(kms_log(log))[0].source == TimeSource::local);
    log.events.push_back(logged("0x0", "2026/11/23 20:09"));
    for (const PlacedTime& time : place_in_utc(kms_log(log)))
        CHECK(format_rfc3339(time.at, 0) == "2026-11-23T20:09:17Z");
}

TEST_CASE("event clock: without a request in the log local time stays as it is, and says so", "[events]") {
    EventLog log;
    Event failed = event(8198, {"hr=0xC004F074"});
    failed.clock = EventClock::local;
    log.events.push_back(failed);
    const auto placed = place_in_utc(kms_log(log));
    CHECK(placed[0].at == failed.time);
    CHECK(placed[0].source == TimeSource::local);
}

TEST_CASE("event clock: a guess at day and month is corrected by the client time", "[events]") {
    EventLog log;
    Event sent =
        event(12288, split("0x0, 0x0, kms:1688, 7f4c1b52-90f5-4a6c-8c11-0a4f2f3e9d01, 2026/04/03 20:09, 0, 1, 9, "
                           "73111121-5638-40f6-bc11-f1d7b0d64300, 25"));
    sent.clock = EventClock::ambiguous;
    sent.time = at("2026-03-04T21:09:17");  // "03/04/2026" taken for the fourth of March; UTC+1
    log.events.push_back(sent);
    CHECK(format_rfc3339(place_in_utc(kms_log(log))[0].at, 0) == "2026-04-03T20:09:17Z");
}

TEST_CASE("event clock: an event without a time takes that of its request", "[events]") {
    EventLog log;
    Event sent = event(12288, split(sent_data));
    sent.clock = EventClock::unknown;
    sent.time = {};
    log.events.push_back(sent);
    log.events.push_back(sent);
    log.events[1].event_id = 12294;
    log.events[1].fields = {"corp.example"};
    const auto placed = place_in_utc(kms_log(log));
    CHECK(format_rfc3339(placed[0].at, 0) == "2026-11-23T20:09:00Z");
    CHECK(placed[1].source == TimeSource::none);
}

}  // namespace
}  // namespace diag::windows
