#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "libdiag/report/host_event.h"

using namespace diag;
using namespace diag::report;

namespace {

session::Event12290 some_event() {
    return {.logged_at = to_timestamp(Filetime{134'399'381'550'000'000}),
            .hresult = 0xC004F042,
            .required_client_count = 25,
            .workstation_name = "pc7.example.test",
            .client_machine_id = *Uuid::parse("3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13"),
            .client_time = Filetime{134'399'381'550'000'000},
            .virtual_machine = 1,
            .license_status = 2,
            .binding_expiration_minutes = 43'200,
            .activation_id = *Uuid::parse("34e1ae55-27f8-4950-8877-7a03be5fb181")};
}

std::string text_of(const session::Event12290& event) {
    std::string out;
    append_event(out, event, Style{false});
    return out;
}

boost::json::object json_of(const session::Event12290& event) {
    std::string out;
    append_event_json(out, event);
    return boost::json::parse(out).as_object();
}

}  // namespace

TEST_CASE("host event: a line has time, number and the nine fields", "[report]") {
    CHECK(text_of(some_event()) ==
          "2026-11-23T20:09:15.000Z 12290 0xC004F042,25,pc7.example.test,3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13,"
          "2026/11/23 20:09,1,2,43200,34e1ae55-27f8-4950-8877-7a03be5fb181\n");
}

TEST_CASE("host event: no name breaks the line or its fields", "[report]") {
    auto event = some_event();
    event.workstation_name = "a,b\n\x1b[31mred\\";
    const std::string text = text_of(event);
    CHECK(std::count(text.begin(), text.end(), ',') == 8);
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(json_of(event).at("workstation_name").as_string() == event.workstation_name);
}

TEST_CASE("host event: of a request that could not be read JSON has nulls", "[report]") {
    const auto event = session::make_event({}, 0x8007000D, nullptr);
    const auto json = json_of(event);
    CHECK(json.at("hresult").as_string() == "0x8007000D");
    CHECK(json.at("client_machine_id").is_null());
    CHECK(json.at("workstation_name").is_null());
    CHECK(json.at("fields").as_string() ==
          "0x8007000D,0,,00000000-0000-0000-0000-000000000000,,0,0,0,"
          "00000000-0000-0000-0000-000000000000");
}

TEST_CASE("host event: only refusals stand out in colour", "[report]") {
    auto event = some_event();
    std::string refused;
    append_event(refused, event, Style{true});
    event.hresult = 0;
    std::string granted;
    append_event(granted, event, Style{true});
    CHECK(refused.find('\x1b') != std::string::npos);
    CHECK(granted.find('\x1b') == std::string::npos);
}
