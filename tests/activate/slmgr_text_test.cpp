#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "libdiag/activate/activation_json.h"
#include "libdiag/activate/activation_text.h"
#include "libdiag/activate/verdict.h"
#include "libdiag/base/hex.h"
#include "libdiag/check/conversation_findings.h"
#include "libdiag/check/rules.h"
#include "libdiag/proto/kms/error_codes.h"
#include "libdiag/proto/kms/product_choice.h"
#include "libdiag/session/client_request.h"
#include "libdiag/slmgr/dlv_text.h"
#include "libdiag/slmgr/read_saved.h"
#include "tests/net/live_host.h"

// What slmgr would print of an exchange. Expected texts are those of Microsoft's script and pages as the knowledge base has
// them: the order of lines and the codes, not the sentences that are in our own words.

using namespace diag;
using namespace diag::test;
using namespace std::chrono_literals;
using activate::Activation;

namespace {

constexpr std::uint16_t kms_port = 1688;
const Uuid machine_id = *Uuid::parse("3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13");
const std::string epid = "03612-00206-551-111111-03-1033-17763.0000-2822018";

kms::BaseRequest request_of(std::string_view product, std::uint32_t license_status = 2) {
    return *session::make_request({.activation_id = kms::choose_product(product).value()->activation_id,
                                   .license_status = license_status,
                                   .binding_expiration_minutes = 4321,
                                   .workstation_name = "pc1",
                                   .client_machine_id = machine_id});
}

// A host that was given and, with a count, has answered.
Activation activation_of(const kms::BaseRequest& request, std::optional<std::uint32_t> count) {
    Activation activation;
    activation.request = request;
    activation.given = true;
    const probe::Target target{.host = "kms.example.test", .address = {}, .port = kms_port};
    activation.hosts.push_back({.target = target, .origin = {}, .name = {}, .addresses = {}, .findings = {}});
    if (!count) return activation;
    kms::BaseResponse response;
    response.count = *count;
    response.activation_interval_minutes = 90;
    response.renewal_interval_minutes = 7000;
    REQUIRE(response.set_epid_text(epid));
    activation.answer = activate::Answer{.host = {.ip = *IpAddress::parse("192.0.2.10"), .port = kms_port},
                                         .response = response,
                                         .is_enough = *count >= request.required_client_count};
    return activation;
}

std::string dlv_text(const Activation& activation) {
    std::string text;
    slmgr::append_dlv(text, dlv_of(activation));
    return text;
}

slmgr::Dlv read_back(const std::string& text) { return slmgr::read_saved(bytes_of(text)).value().products.front(); }

std::string report_of(const Activation& activation, bool dlv) {
    std::string text;
    (dlv ? activate::append_dlv : activate::append_ato)(text, activation, report::Style{false}, false);
    return text;
}

// A finding of a host's refusal as the live conversation makes it.
Activation refused_with(std::uint32_t hresult) {
    const std::string fault = "hresult:" + format_code(hresult);
    HostPlan plan;
    plan.faults = {fault};
    LiveHost host{std::move(plan)};
    activate::ActivationSettings settings;
    settings.request = request_of("windows 11 enterprise");
    settings.profile.is_built_in = false;  // the lab keys would excuse 0x8007000D
    settings.host = probe::Target{.host = {}, .address = IpAddress::parse("127.0.0.1"), .port = host.port()};
    return activate::activate(settings);
}

}  // namespace

TEST_CASE("ato: success is the two lines of slmgr.md 2", "[activate]") {
    const auto ato = activate::ato_text_of(activation_of(request_of("windows 10 pro"), 30));
    REQUIRE(ato);
    CHECK(ato->text ==
          "Activating Windows 11 Pro / Windows 10 Pro (2de67392-b7a7-462a-b1ca-108dd189f588) ...\n"
          "Product activated successfully.\n");
    CHECK(ato->script_status == 0);
}

TEST_CASE("ato: the code of each refusal is the one that the knowledge base has", "[activate]") {
    // protocol.md 9 has the HRESULTs. Shown code: 0xC004F074 sums up what hosts did (errors.csv, slmgr.md 2), but for
    // 0xC004F042, which clients show themselves, also where the host logs 0xC004F015 (errors.csv, evidence of both rows).
    // Inner code: what travelled, as the first field of event 12288 (errors.csv, 0xC004F074: "the real code is field 1").
    struct Row {
        std::uint32_t hresult;
        std::uint32_t shown;
    };
    constexpr Row rows[] = {{0x8007000D, 0xC004F074}, {0xC004F06C, 0xC004F074}, {0xC004F042, 0xC004F042},
                            {0xC004F015, 0xC004F042}, {0xC004D104, 0xC004F074}, {0x80070005, 0xC004F074},
                            {0xC004F041, 0xC004F074}, {0xC004F039, 0xC004F074}, {0xC004F06B, 0xC004F074}};
    for (const Row& row : rows) {
        CAPTURE(format_code(row.hresult));
        const Activation activation = refused_with(row.hresult);
        REQUIRE(result_of(activation) == activate::Result::failed);
        const auto* finding = probe::deciding(activation.findings);
        REQUIRE(finding != nullptr);
        CHECK(format_code(finding->shown_inner_code()) == format_code(row.hresult));
        CHECK(format_code(activate::windows_code_of(activation)) == format_code(row.shown));
        const auto ato = activate::ato_text_of(activation);
        REQUIRE(ato);
        CHECK(ato->script_status == row.shown);
        const std::string second = ato->text.substr(ato->text.find('\n') + 1);
        CHECK(second.starts_with("Error: " + format_code(row.shown) + " "));
        REQUIRE(kms::find_error(row.shown) != nullptr);
        CHECK(second.find(kms::find_error(row.shown)->meaning) != std::string::npos);
    }
}

TEST_CASE("ato: a low count is the code that the client makes itself", "[activate]") {
    const Activation activation = activation_of(request_of("windows 11 enterprise"), 3);
    const auto ato = activate::ato_text_of(activation);
    REQUIRE(ato);
    CHECK(ato->script_status == 0xC004F038);  // protocol.md 9: never on the wire
    CHECK(ato->text.find("\nError: 0xC004F038 ") != std::string::npos);
}

TEST_CASE("dlv: an activated client shows who did it, in the order of slmgr.md 3", "[activate]") {
    const std::string text = dlv_text(activation_of(request_of("windows 10 pro"), 30));
    const char* const lines[] = {"Software licensing service version: ",
                                 "Name: Windows 11 Pro / Windows 10 Pro",
                                 "Description: Windows(R) Operating System, VOLUME_KMSCLIENT channel",
                                 "Activation ID: 2de67392-b7a7-462a-b1ca-108dd189f588",
                                 "Application ID: 55c92734-d682-4d71-983e-d6ec3f16059f",
                                 "Extended PID: ",
                                 "Product Key Channel: Volume:GVLK",
                                 "Installation ID: ",
                                 "Partial Product Key: ",
                                 "License Status: Licensed",
                                 "Volume activation expiration: 259200 minute(s) (180 day(s))",
                                 "Trusted time: ",
                                 "Configured Activation Type: ",
                                 "Most recent activation information:",
                                 "Key Management Service client information",
                                 "Client Machine ID (CMID): 3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13",
                                 "Registered KMS machine name: kms.example.test:1688",
                                 "KMS machine IP address: 192.0.2.10",
                                 "KMS machine extended PID: 03612-00206-551-111111-03-1033-17763.0000-2822018",
                                 "Activation interval: 90 minutes",
                                 "Renewal interval: 7000 minutes",
                                 "KMS host caching is "};
    std::size_t at = 0;
    for (const char* line : lines) {
        CAPTURE(line, text);
        at = text.find(line, at);
        REQUIRE(at != std::string::npos);
    }
}

TEST_CASE("dlv: what no exchange tells is marked, never made up", "[activate]") {
    const slmgr::Dlv dlv = dlv_of(activation_of(request_of("windows 10 pro"), 30));
    CHECK(dlv.service_version.is_unknown());
    CHECK(dlv.extended_pid.is_unknown());
    CHECK(dlv.installation_id.is_unknown());
    CHECK(dlv.partial_key.is_unknown());
    CHECK(dlv.windows_rearm_count.is_unknown());
    CHECK(dlv.trusted_time.is_unknown());
    CHECK(dlv.activation_type.is_unknown());
    CHECK(dlv.host_caching.is_unknown());
    CHECK(dlv.partial_key.reason().find("T83GX") != std::string::npos);  // Microsoft's list of setup keys
}

TEST_CASE("dlv: a host from DNS is shown as such, with the domain that was searched", "[activate]") {
    Activation activation = activation_of(request_of("windows 10 pro"), 30);
    activation.given = false;
    activation.discovery.domain = "example.test";
    const std::string text = dlv_text(activation);
    CHECK(text.find("KMS machine name from DNS: kms.example.test:1688\n") != std::string::npos);
    CHECK(text.find("Registered KMS SRV record lookup domain: example.test\n") != std::string::npos);
    CHECK(text.find("Registered KMS machine name") == std::string::npos);
}

TEST_CASE("dlv: a client that is not activated shows nothing about hosts", "[activate]") {
    // slmgr.md 3, "Unlicensed or grace client": lines 1-15, then one sentence.
    for (const std::uint32_t status : {0U, 2U, 3U, 4U, 5U, 6U}) {
        CAPTURE(status);
        const Activation activation = activation_of(request_of("windows 10 pro", status), 3);
        const slmgr::Dlv dlv = dlv_of(activation);
        CHECK(dlv.license_status.is(static_cast<slmgr::LicenseStatus>(status)));
        CHECK(dlv.refresh_hint.is(true));
        CHECK(dlv.client_machine_id.is_absent());
        CHECK(dlv.kms_machine.is_absent());
        CHECK(dlv.host_extended_pid.is_absent());
        CHECK(dlv.volume_expiration_minutes.is_absent());
        const bool is_grace = status != 0 && status != 5;  // "Grace states add Time remaining"
        CHECK((is_grace ? dlv.remaining_minutes.is(4321) : dlv.remaining_minutes.is_absent()));
        CHECK(dlv.notification_reason.is_unknown() == (status == 5));  // "followed by Notification Reason"
        CHECK(dlv_text(activation).find("192.0.2.10") == std::string::npos);
    }
}

TEST_CASE("dlv: a renewal that fails leaves the client licensed for as long as it said", "[activate]") {
    const slmgr::Dlv dlv = dlv_of(activation_of(request_of("windows 10 pro", 1), std::nullopt));
    CHECK(dlv.license_status.is(slmgr::LicenseStatus::licensed));
    CHECK(dlv.volume_expiration_minutes.is(4321));
    CHECK(dlv.refresh_hint.is_absent());
    CHECK(dlv.host_extended_pid.is_unknown());
    CHECK(dlv.kms_ip.is_unknown());
    CHECK(dlv.kms_machine->host == "kms.example.test");
}

TEST_CASE("dlv: a license status that does not exist is unknown", "[activate]") {
    const slmgr::Dlv dlv = dlv_of(activation_of(request_of("windows 10 pro", 4711), std::nullopt));
    CHECK(dlv.license_status.is(slmgr::LicenseStatus::unknown));
    CHECK(dlv.remaining_minutes.is_absent());
}

TEST_CASE("dlv: Office has its own application and description", "[activate]") {
    const slmgr::Dlv dlv = dlv_of(activation_of(request_of("office ltsc professional plus 2021"), 5));
    CHECK(dlv.application_id.is(*Uuid::parse("0ff1ce15-a989-479d-af46-f275c6370663")));
    CHECK(dlv.description->starts_with("Office"));
    CHECK(slmgr::has_client_channel(dlv));
    CHECK(dlv.license_status.is(slmgr::LicenseStatus::licensed));
}

TEST_CASE("dlv: what is printed can be read as a saved output", "[activate]") {
    const std::string text = dlv_text(activation_of(request_of("windows 10 pro"), 30));
    const slmgr::Dlv dlv = read_back(text);
    CHECK(dlv.license_status.is(slmgr::LicenseStatus::licensed));
    CHECK(dlv.client_machine_id.is(machine_id));
    CHECK(dlv.kms_ip.is(std::string{"192.0.2.10"}));
}

TEST_CASE("dlv report: a client that was not activated does not look like success", "[activate]") {
    const std::string low = report_of(activation_of(request_of("windows 11 enterprise"), 3), true);
    CHECK(low.starts_with("slmgr /dlv would show on this client, which this attempt did NOT activate:\n"));
    CHECK(low.find("Licensed") == std::string::npos);
    CHECK(low.find("Verdict: KMS works; 3 of 25 clients seen so far") != std::string::npos);
    CHECK(low.find("count    3 of 25") != std::string::npos);  // what slmgr leaves out
    CHECK(low.find(epid) != std::string::npos);
    const std::string good = report_of(activation_of(request_of("windows 11 enterprise"), 30), true);
    CHECK(good.starts_with("slmgr /dlv would show on this client, which is activated:\n"));
    CHECK(good.find("NOT") == std::string::npos);
    Activation refused = activation_of(request_of("windows 11 enterprise"), std::nullopt);
    refused.keys_refused = true;
    const std::string unclear = report_of(refused, true);
    CHECK(unclear.starts_with("What slmgr /dlv would show afterwards cannot be told"));
}

TEST_CASE("ato report: ends with the verdict, and names the status of the script", "[activate]") {
    const std::string low = report_of(activation_of(request_of("windows 11 enterprise"), 3), false);
    CHECK(low.find("\nslmgr /ato would print this, and end with status 0xC004F038:\n") != std::string::npos);
    CHECK(low.ends_with("Verdict: KMS works; 3 of 25 clients seen so far: not activated yet\n"));
    const std::string good = report_of(activation_of(request_of("windows 11 enterprise"), 30), false);
    CHECK(good.find("end with status 0:\n") != std::string::npos);
    CHECK(good.ends_with("Verdict: KMS works; activated, with 30 clients seen so far and 25 needed\n"));
}

TEST_CASE("report: text of a host cannot steer a terminal", "[activate]") {
    Activation activation = activation_of(request_of("windows 11 enterprise"), 3);
    activation.hosts.front().target.host = "k\x1b]0;x\x07";
    REQUIRE(activation.answer->response.set_epid_text("e\x1b[2J"));
    for (const bool dlv : {false, true}) CHECK(report_of(activation, dlv).find('\x1b') == std::string::npos);
}

TEST_CASE("json: verdict, counts, texts and their status", "[activate]") {
    std::string line;
    append_json(line, activation_of(request_of("windows 11 enterprise"), 3), "ato");
    REQUIRE(line.ends_with("}\n"));
    const auto json = boost::json::parse(line).as_object();
    CHECK(json.at("kind") == "activation");
    CHECK(json.at("command") == "ato");
    CHECK(json.at("result") == "not_enough_count");
    CHECK(json.at("count") == 3);
    CHECK(json.at("needed_count") == 25);
    CHECK(json.at("windows_code") == "0xC004F038");
    CHECK(json.at("inner_code").is_null());
    CHECK(json.at("ato_status") == "0xC004F038");
    CHECK(json.at("activation_id") == "73111121-5638-40f6-bc11-f1d7b0d64300");
    CHECK(json.at("client_machine_id") == "3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13");
    Activation refused = activation_of(request_of("windows 11 enterprise"), std::nullopt);
    refused.keys_refused = true;
    line.clear();
    append_json(line, refused, "dlv");
    const auto other = boost::json::parse(line).as_object();
    CHECK(other.at("result") == "keys_refused");
    CHECK(other.at("ato_text").is_null());
    CHECK(other.at("ato_status").is_null());
    CHECK(other.at("count").is_null());
}
