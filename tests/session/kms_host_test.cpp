#include "libdiag/session/kms_host.h"

#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"
#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/proto/kms/epid.h"
#include "libdiag/session/tamper.h"
#include "tests/session/lab.h"

using namespace diag;
using namespace diag::session;
using namespace diag::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t ticks_per_minute = 600'000'000;

ByteVector encoded(const kms::BaseRequest& request, const kms::KeyProfile& profile = kms::lab_profile()) {
    kms::Codec codec{profile};
    auto message = codec.encode_request(request, {1, 2, 3});
    REQUIRE(message);
    return std::move(*message);
}

kms::BaseRequest timely(kms::BaseRequest request) {
    request.client_time_filetime = lab_time;
    return request;
}

kms::BaseRequest with_version(std::uint16_t major, std::uint16_t minor = 0) {
    kms::BaseRequest request = timely(windows_request());
    request.version = {.minor = minor, .major = major};
    return request;
}

kms::KeyProfile foreign_profile() {
    return {.name = "foreign", .v4 = FixedBytes<20>{1}, .v5 = FixedBytes<16>{2}, .v6 = FixedBytes<16>{3}};
}

std::uint32_t hresult_of(const kms::BaseRequest& request) { return Lab{}.hresult_of(encoded(request)); }

}  // namespace

TEST_CASE("host: versions 4, 5 and 6 are granted, all others are invalid data", "[session][host]") {
    const auto [major, minor, expected] = GENERATE(table<int, int, std::uint32_t>({
        {4, 0, 0},
        {5, 0, 0},
        {6, 0, 0},
        {3, 0, 0x8007000D},
        {4, 1, 0x8007000D},
        {5, 1, 0x8007000D},
        {6, 1, 0x8007000D},
        {7, 0, 0x8007000D},
        {0, 0, 0x8007000D},
    }));
    CAPTURE(major, minor);
    CHECK(hresult_of(with_version(static_cast<std::uint16_t>(major), static_cast<std::uint16_t>(minor))) == expected);
}

TEST_CASE("host: a message of another size than its version has is invalid data", "[session][host]") {
    const auto major = GENERATE(as<std::uint16_t>{}, 4, 5, 6);
    CAPTURE(major);
    ByteVector message = encoded(with_version(major));
    Lab lab;
    for (std::size_t size = 0; size < message.size(); ++size)
        CHECK(lab.hresult_of(Bytes{message}.first(size)) == 0x8007000D);
    REQUIRE(lab.hresult_of(message) == 0);
    message.resize(message.size() + 16);
    CHECK(lab.hresult_of(message) == 0x8007000D);
}

TEST_CASE("host: a request under keys that are not the lab's is invalid data", "[session][host]") {
    const auto major = GENERATE(as<std::uint16_t>{}, 4, 5, 6);
    CAPTURE(major);
    CHECK(Lab{}.hresult_of(encoded(with_version(major), foreign_profile())) == 0x8007000D);
}

TEST_CASE("host: a changed bit anywhere makes a version 4 request invalid", "[session][host]") {
    const ByteVector message = encoded(with_version(4));
    Lab lab;
    for (std::size_t at = 0; at < message.size(); ++at) {
        ByteVector changed = message;
        changed[at] ^= 0x10;
        CAPTURE(at);
        CHECK(lab.hresult_of(changed) == 0x8007000D);
    }
}

TEST_CASE("host: padding and inner version of versions 5 and 6 are verified", "[session][host]") {
    const auto major = GENERATE(as<std::uint16_t>{}, 5, 6);
    CAPTURE(major);
    ByteVector bad_padding = encoded(with_version(major));
    bad_padding[bad_padding.size() - 17] ^= 1;
    CHECK(Lab{}.hresult_of(bad_padding) == 0x8007000D);
    ByteVector bad_inner = encoded(with_version(major, 1));
    set_clear_version(bad_inner, {.minor = 0, .major = major});
    CHECK(Lab{}.hresult_of(bad_inner) == 0x8007000D);
}

TEST_CASE("host: a required count above 1000 is invalid data", "[session][host]") {
    kms::BaseRequest request = timely(windows_request());
    request.required_client_count = 1000;
    CHECK(hresult_of(request) == 0);
    request.required_client_count = 1001;
    CHECK(hresult_of(request) == 0x8007000D);
}

TEST_CASE("host: a client's clock may be off by four hours and no more", "[session][host]") {
    const auto [minutes, ticks, expected] = GENERATE(table<int, int, std::uint32_t>({
        {0, 0, 0},
        {3 * 60 + 59, 0, 0},
        {4 * 60, 0, 0},
        {4 * 60, 1, 0xC004F06C},
        {4 * 60 + 1, 0, 0xC004F06C},
        {5 * 365 * 24 * 60, 0, 0xC004F06C},
    }));
    const int sign = GENERATE(-1, 1);
    CAPTURE(minutes, ticks, sign);
    const std::uint64_t difference =
        static_cast<std::uint64_t>(minutes) * ticks_per_minute + static_cast<unsigned>(ticks);
    kms::BaseRequest request = windows_request();
    request.client_time_filetime.ticks = sign > 0 ? lab_time.ticks + difference : lab_time.ticks - difference;
    CHECK(hresult_of(request) == expected);
}

TEST_CASE("host: a clock of its own that is off refuses clients that are right", "[session][host]") {
    const auto [offset, expected] = GENERATE(table<std::chrono::minutes, std::uint32_t>({
        {239min, 0},
        {-239min, 0},
        {241min, 0xC004F06C},
        {-241min, 0xC004F06C},
    }));
    Lab lab{{.clock_offset = offset}};
    CHECK(lab.hresult_of(encoded(timely(windows_request()))) == expected);
    CHECK(lab.events.at(0).logged_at.ns - lab.clock.ns == std::chrono::nanoseconds{offset}.count());
}

TEST_CASE("host: what its keys do not cover is refused as such", "[session][host]") {
    struct Case {
        std::string name;
        std::string key;
        std::function<void(kms::BaseRequest&)> change;
        std::uint32_t expected;
    };
    const auto id = [](std::string_view text) { return *Uuid::parse(text); };
    const auto c = GENERATE_COPY(values<Case>({
        {"covered", "ws2019", [](auto&) {}, 0},
        {"no key at all", "", [](auto&) {}, 0xC004F042},
        {"Windows 10 with an Office key", "office2019", [](auto&) {}, 0xC004F042},
        {"Windows Server 2019 with the key of 2016", "ws2016", [](auto& r) { r = timely(server_request()); },
         0xC004F042},
        {"Windows Server 2019 with its key", "ws2019", [](auto& r) { r = timely(server_request()); }, 0},
        {"Windows Server 2019 with a client key", "win10-2019", [](auto& r) { r = timely(server_request()); },
         0xC004F042},
        {"unknown counted id", "ws2019", [&](auto& r) { r.kms_id.wire[0] ^= 1; }, 0xC004F042},
        {"retail editions", "ws2019-lab", [&](auto& r) { r.kms_id = id("e1c51358-fe3e-4203-a4a2-3b6b20c9734e"); },
         0xC004F042},
        {"application of Office 2013", "ws2019",
         [&](auto& r) { r.application_id = id("0ff1ce15-a989-479d-af46-f275c6370663"); }, 0xC004F042},
        {"edition that nobody knows", "ws2019", [](auto& r) { r.activation_id.wire[0] ^= 1; }, 0},
    }));
    CAPTURE(c.name);
    HostSettings settings;
    settings.keys.clear();
    if (!c.key.empty()) settings.keys.push_back({c.key});
    kms::BaseRequest request = timely(windows_request());
    c.change(request);
    Lab lab{settings};
    CHECK(lab.hresult_of(encoded(request)) == c.expected);
    CHECK(lab.clients.count(request.application_id) == (c.expected == 0 ? 1 : 0));
}

TEST_CASE("host: of several faults the first of the order counts", "[session][host]") {
    kms::BaseRequest request = timely(windows_request());
    request.kms_id.wire[0] ^= 1;
    CHECK(hresult_of(request) == 0xC004F042);
    request.client_time_filetime.ticks += 300 * ticks_per_minute;
    CHECK(hresult_of(request) == 0xC004F06C);
    request.required_client_count = 1001;
    CHECK(hresult_of(request) == 0x8007000D);
}

TEST_CASE("host: the answer is what the settings say", "[session][host]") {
    HostSettings settings{.keys = {{"office2019"}, {"ws2019", 551'234'567}},
                          .build = 17763,
                          .lcid = 1031,
                          .activation_date = std::chrono::year{2020} / 12 / 31,
                          .hwid = {0x0A, 0x1B, 0x2C, 0x3D, 0x4E, 0x5F, 0x60, 0x71},
                          .activation_interval = 15min,
                          .renewal_interval = 43'200min};
    Lab lab{settings};
    kms::BaseRequest request = windows_request();
    const KmsAnswer answer = lab.ask(request).answer;
    REQUIRE(answer.response);
    const kms::BaseResponse& base = *answer.response->base;
    CHECK(base.epid_text() == "03612-00206-551-234567-03-1031-17763.9999-3662020");
    CHECK(base.client_machine_id == request.client_machine_id);
    CHECK(base.activation_interval_minutes == 15);
    CHECK(base.renewal_interval_minutes == 43'200);
    CHECK(to_upper_hex(*answer.response->hwid()) == "0A1B2C3D4E5F6071");
    const KmsAnswer office = lab.ask(office_request()).answer;
    CHECK(office.response->base->epid_text() == "03612-00206-666-000000-03-1031-17763.9999-3662020");
}

TEST_CASE("host: every ePID bears the lab's mark and is in its key's range", "[session][host]") {
    for (const kms::HostKey& key : kms::all_host_keys()) {
        if (key.blocks.empty()) continue;
        for (const unsigned build : {7601U, 9600U, 17763U, 26100U}) {
            const auto text = make_epid({.build = build}, {.host_key_id = std::string{key.host_key_id}});
            CAPTURE(key.host_key_id);
            REQUIRE(text);
            const auto epid = kms::parse_epid(*text);
            REQUIRE(epid);
            CHECK(epid->is_lab());
            CHECK(epid->build == build);
            CHECK(epid->platform_id == kms::find_host_build(build)->platform_id);
            CHECK(kms::host_key(*epid) == &key);
            CHECK(epid->channel == 3);
        }
    }
}

TEST_CASE("host: settings that no host can have are named", "[session][host]") {
    struct Case {
        std::string name;
        std::function<void(HostSettings&)> change;
        std::string expected;
    };
    const auto c = GENERATE(values<Case>({
        {"key", [](auto& s) { s.keys = {{"ws1999"}}; }, "unknown host key 'ws1999'"},
        {"number",
         [](auto& s) {
             s.keys = {{"ws2019", 1}};
         },
         "host key 'ws2019' has no number 1"},
        {"build", [](auto& s) { s.build = 12; }, "unknown Windows build 12"},
        {"date", [](auto& s) { s.activation_date = std::chrono::year{2023} / 2 / 29; },
         "the activation date is no day"},
        {"lcid", [](auto& s) { s.lcid = 0; }, "no LCID: 0"},
        {"interval", [](auto& s) { s.activation_interval = 14min; },
         "an interval is at least 15 minutes and at most 30 days (43200 minutes)"},
        {"renewal", [](auto& s) { s.renewal_interval = 43'201min; },
         "an interval is at least 15 minutes and at most 30 days (43200 minutes)"},
        {"count", [](auto& s) { s.start_count = 672; }, "a host counts at most 671 clients"},
        {"clock", [](auto& s) { s.clock_offset = std::chrono::days{36'501}; },
         "the clock is off by more than 100 years"},
    }));
    CAPTURE(c.name);
    HostSettings settings;
    CHECK_FALSE(find_problem(settings));
    c.change(settings);
    MemoryClientList clients;
    const auto host = KmsHost::create(settings, clients, counting_bytes());
    REQUIRE_FALSE(host);
    CHECK(host.error() == c.expected);
}

TEST_CASE("host: each request is logged as event 12290, refused ones too", "[session][host]") {
    Lab lab{{.keys = {{"ws2019"}}}};
    kms::BaseRequest request = timely(windows_request());
    request.client_time_filetime = to_filetime({1'704'164'640'000'000'000});  // 2024-01-02T03:04:00Z
    lab.clock = {1'704'164'640'000'000'000};
    request.virtual_machine = 1;
    CHECK(lab.hresult_of(encoded(request)) == 0);
    CHECK(lab.hresult_of(encoded(timely(office_request()))) == 0xC004F06C);
    CHECK(lab.hresult_of(ByteVector{0, 0, 6, 0}) == 0x8007000D);
    REQUIRE(lab.events.size() == 3);
    CHECK(event_fields(lab.events[0]) ==
          std::array<std::string, 9>{"0x0", "25", "client.example.test", "0f0f0001-0000-4000-8000-000000000000",
                                     "2024/01/02 03:04", "1", "2", "43200", "73111121-5638-40f6-bc11-f1d7b0d64300"});
    CHECK(event_fields(lab.events[1])[0] == "0xC004F06C");
    CHECK(event_fields(lab.events[1])[8] == "85dd8b5f-eaa4-4af3-a628-cce9e77c9a03");
    CHECK(event_fields(lab.events[2])[0] == "0x8007000D");
    CHECK(event_fields(lab.events[2])[4].empty());
}

TEST_CASE("host: a stub that does not decode gets the fault for it and is no request", "[session][host]") {
    Lab lab;
    KmsCalls calls{*lab.host};
    calls.set_time(lab.clock);
    const ByteVector good = dcerpc::encode_request_stub(encoded(timely(windows_request())), dcerpc::Syntax::ndr32);
    CHECK(calls.on_call({.stub = good}).has_value());
    ByteVector lengths_differ = good;
    lengths_differ[0] ^= 4;
    CHECK(calls.on_call({.stub = lengths_differ}).error() == 0x6F7);
    CHECK(calls.on_call({.stub = Bytes{good}.first(good.size() - 1)}).error() == 0x6F7);
    CHECK(calls.on_call({}).error() == 0x6F7);
    CHECK(lab.events.size() == 1);
}
