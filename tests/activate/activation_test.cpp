#include "libdiag/activate/activation.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "libdiag/activate/verdict.h"
#include "libdiag/check/rules.h"
#include "libdiag/proto/kms/product_choice.h"
#include "libdiag/session/client_request.h"
#include "tests/activate/name_server.h"
#include "tests/net/live_host.h"

// Hosts and DNS on loopback ports, as a client would find them.

using namespace diag;
using namespace diag::test;
using namespace std::chrono_literals;
using activate::Activation;
using activate::ActivationSettings;
using activate::Result;

namespace {

const std::string service = "_vlmcs._tcp.lab.test";

HostPlan healthy(std::uint32_t start_count = 30) {
    HostPlan plan;
    plan.host.start_count = start_count;
    plan.host.max_clock_difference = std::chrono::hours{24 * 36'500};  // its clock stands at vector_time
    return plan;
}

HostPlan with_fault(std::string_view fault) {
    HostPlan plan = healthy();
    plan.faults = {fault};
    return plan;
}

ActivationSettings asking() {
    ActivationSettings settings;
    settings.request =
        *session::make_request({.activation_id = kms::default_product().activation_id,
                                .workstation_name = "pc1.example.test",
                                .client_machine_id = *Uuid::parse("3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13")});
    settings.timeout = settings.discovery.timeout = 3s;
    return settings;
}

ActivationSettings asking(std::uint16_t port) {
    ActivationSettings settings = asking();
    settings.host = probe::Target{.host = {}, .address = IpAddress::parse("127.0.0.1"), .port = port};
    return settings;
}

ActivationSettings searching(const Endpoint& dns_server) {
    ActivationSettings settings = asking();
    settings.discovery.domain = "lab.test";
    settings.discovery.servers = {dns_server};
    return settings;
}

const check::Finding* find(const Activation& activation, const check::Rule& rule) {
    const auto found = std::ranges::find(activation.findings, &rule, &check::Finding::rule);
    return found == activation.findings.end() ? nullptr : &*found;
}

// A port on which nothing listens: it was free a moment ago.
std::uint16_t closed_port() {
    LiveHost host;
    return host.port();
}

std::vector<std::uint16_t> ports_of(const Activation& activation) {
    std::vector<std::uint16_t> ports;
    for (const auto& host : activation.hosts) ports.push_back(host.target.port);
    return ports;
}

}  // namespace

TEST_CASE("activate: a host with enough clients activates, with one request", "[activate]") {
    LiveHost host{healthy()};
    const Activation activation = activate::activate(asking(host.port()));
    host.stop();
    CHECK(result_of(activation) == Result::activated);
    CHECK(activation.answer->response.count == 31);
    CHECK(host.events().size() == 1);
    CHECK(check::worst(activation.findings) == check::Severity::info);  // KMS-HOST-LAB
    CHECK(activation.discovery.lookups.empty());
}

TEST_CASE("activate: a count that is too low proves that KMS works", "[activate]") {
    LiveHost host{healthy(2)};
    const Activation activation = activate::activate(asking(host.port()));
    CHECK(result_of(activation) == Result::not_enough_count);
    CHECK(activate::verdict_text(activation).starts_with("KMS works; 3 of 25 clients seen so far"));
    CHECK(activate::windows_code_of(activation) == 0xC004F038);  // slmgr.md 4, "correct failure"
    CHECK(check::worst(activation.findings) == check::Severity::warning);
    CHECK(find(activation, check::rule::count_low) != nullptr);
}

TEST_CASE("activate: the count that is needed is that of the product", "[activate]") {
    LiveHost host{healthy(2)};
    ActivationSettings settings = asking(host.port());
    const auto ask_for = [&](std::string_view product) {
        session::ClientSettings client{.activation_id = kms::choose_product(product).value()->activation_id,
                                       .workstation_name = "pc1",
                                       .client_machine_id = settings.request.client_machine_id};
        settings.request = session::make_request(client).value();
        return activate::activate(settings);
    };
    // planning.md: five for servers and Office.
    CHECK(ask_for("windows server 2022 standard").request.required_client_count == 5);
    const Activation office = ask_for("office ltsc professional plus 2021");
    CHECK(office.request.required_client_count == 5);
    CHECK(activate::verdict_text(office).starts_with("KMS works; 3 of 5 clients"));
    CHECK(office.request.application_id == *Uuid::parse("0ff1ce15-a989-479d-af46-f275c6370663"));
}

TEST_CASE("activate: a refusal is the host's last word", "[activate]") {
    LiveHost host{with_fault("hresult:0xC004F042")};
    const Activation activation = activate::activate(asking(host.port()));
    CHECK(result_of(activation) == Result::failed);
    CHECK_FALSE(activation.answer);
    CHECK(find(activation, check::rule::product_not_covered) != nullptr);
}

TEST_CASE("activate: under the lab keys a host that cannot read the request has answered", "[activate]") {
    LiveHost host{with_fault("hresult:0x8007000D")};
    const Activation activation = activate::activate(asking(host.port()));
    CHECK(result_of(activation) == Result::keys_refused);
    CHECK(find(activation, check::rule::lab_keys_refused) != nullptr);
    CHECK(check::worst(activation.findings) == check::Severity::info);
    CHECK_FALSE(activate::ato_text_of(activation));
}

TEST_CASE("activate: under keys of one's own the same answer is a failure", "[activate]") {
    LiveHost host{with_fault("hresult:0x8007000D")};
    ActivationSettings settings = asking(host.port());
    settings.profile.is_built_in = false;
    const Activation activation = activate::activate(settings);
    CHECK(result_of(activation) == Result::failed);
    CHECK(find(activation, check::rule::lab_keys_refused) == nullptr);
    CHECK(find(activation, check::rule::request_invalid) != nullptr);
}

TEST_CASE("activate: an answer that the keys do not open is never a silent failure", "[activate]") {
    LiveHost host{with_fault("bad-padding")};
    const Activation activation = activate::activate(asking(host.port()));
    CHECK(result_of(activation) == Result::failed);
    CHECK(find(activation, check::rule::response_check) != nullptr);
    CHECK(activate::windows_code_of(activation) == 0xC004F074);
}

TEST_CASE("activate: an answer to the bind that leads nowhere is a finding", "[activate]") {
    LiveHost host{with_fault("wrong-transfer-syntax")};
    const Activation activation = activate::activate(asking(host.port()));
    CHECK(result_of(activation) == Result::failed);
    CHECK(find(activation, check::rule::bind_no_syntax) != nullptr);
    CHECK(activate::windows_code_of(activation) == 0xC004F074);
}

TEST_CASE("activate: without HOST it asks DNS and takes the first host by priority", "[activate]") {
    LiveHost first{healthy()}, second{healthy()};
    NameServer names;
    names.srv(service, 10, second.port(), "kms.lab.test").srv(service, 0, first.port(), "kms.lab.test");
    names.address("kms.lab.test", "127.0.0.1");
    const Activation activation = activate::activate(searching(names.start()));
    CHECK(result_of(activation) == Result::activated);
    REQUIRE(activation.discovery.lookups.size() == 1);
    CHECK(activation.discovery.lookups[0].evidence.query == service);
    CHECK(activation.discovery.lookups[0].evidence.records.size() == 2);
    CHECK(ports_of(activation) == std::vector{first.port()});
    second.stop();
    CHECK(second.events().empty());
    CHECK(find(activation, check::rule::host_skipped) == nullptr);
}

TEST_CASE("activate: a host that fails is skipped for the next, with a warning", "[activate]") {
    LiveHost refusing{with_fault("hresult:0xC004F042")}, good{healthy()};
    const std::uint16_t closed = closed_port();
    NameServer names;
    names.srv(service, 0, 1688, "gone.lab.test")
        .srv(service, 1, closed, "kms.lab.test")
        .srv(service, 2, refusing.port(), "kms.lab.test")
        .srv(service, 3, good.port(), "kms.lab.test")
        .address("kms.lab.test", "127.0.0.1");
    const Activation activation = activate::activate(searching(names.start()));
    CHECK(result_of(activation) == Result::activated);
    CHECK(ports_of(activation) == std::vector<std::uint16_t>{1688, closed, refusing.port(), good.port()});
    CHECK(check::worst(activation.findings) == check::Severity::warning);
    CHECK(std::ranges::count(activation.findings, &check::rule::host_skipped, &check::Finding::rule) == 3);
    // What was wrong with it stands in the evidence.
    CHECK(find(activation, check::rule::host_skipped)->evidence.front().starts_with("KMS-NAME-NOT-FOUND"));
    CHECK(activate::verdict_text(activation).starts_with("KMS works"));
}

TEST_CASE("activate: no host is asked twice", "[activate]") {
    LiveHost refusing{with_fault("hresult:0xC004F042")};
    NameServer names;
    for (const std::uint16_t priority : std::initializer_list<std::uint16_t>{0, 1, 2})
        names.srv(service, priority, refusing.port(), "kms.lab.test");
    names.address("kms.lab.test", "127.0.0.1");
    const Activation activation = activate::activate(searching(names.start()));
    refusing.stop();
    CHECK(refusing.events().size() == 1);
    CHECK(activate::windows_code_of(activation) == 0xC004F042);
}

TEST_CASE("activate: when hosts fail in different ways the client shows the code that sums up", "[activate]") {
    LiveHost refusing{with_fault("hresult:0xC004F042")};
    NameServer names;
    names.srv(service, 0, refusing.port(), "kms.lab.test").srv(service, 1, closed_port(), "kms.lab.test");
    names.address("kms.lab.test", "127.0.0.1");
    const Activation activation = activate::activate(searching(names.start()));
    CHECK(find(activation, check::rule::product_not_covered) != nullptr);
    CHECK(find(activation, check::rule::connect_refused) != nullptr);
    CHECK(find(activation, check::rule::host_skipped) == nullptr);
    // slmgr.md 2: "the shown 0xC004F074 is a summary".
    CHECK(activate::windows_code_of(activation) == 0xC004F074);
}

TEST_CASE("activate: one dead address of a name is a warning when another works", "[activate]") {
    HostPlan plan = healthy();
    plan.server.listen = {{.ip = IpAddress::parse("127.0.0.2").value(), .port = 0}};
    LiveHost host{std::move(plan)};
    NameServer names;
    names.srv(service, 0, host.port(), "kms.lab.test");
    names.address("kms.lab.test", "127.0.0.1").address("kms.lab.test", "127.0.0.2");
    const Activation activation = activate::activate(searching(names.start()));
    CHECK(result_of(activation) == Result::activated);
    REQUIRE(activation.hosts.size() == 1);
    REQUIRE(activation.hosts[0].addresses.size() == 2);
    CHECK(to_string(activation.answer->host.ip) == "127.0.0.2");
    CHECK(find(activation, check::rule::address_dead) != nullptr);
}

TEST_CASE("activate: what DNS says when it names no host has its own finding and code", "[activate]") {
    struct Case {
        std::uint16_t rcode;
        const check::Rule& rule;
        std::uint32_t code;  // rpc.md 3, stage 1
    };
    const Case cases[] = {{3, check::rule::dns_no_record, 0x8007232B},
                          {2, check::rule::dns_server_failure, 0x8007232A},
                          {5, check::rule::dns_refused, 0x8007232D}};
    for (const Case& c : cases) {
        CAPTURE(c.rcode);
        NameServer names;
        const Activation activation = activate::activate(searching(names.rcode(c.rcode).start()));
        CHECK(result_of(activation) == Result::failed);
        REQUIRE(find(activation, c.rule) != nullptr);
        CHECK(activate::windows_code_of(activation) == c.code);
        CHECK(activation.hosts.empty());
    }
}

TEST_CASE("activate: a domain that has a record of another type only has none", "[activate]") {
    NameServer names;
    names.address(service, "127.0.0.1");
    const Activation activation = activate::activate(searching(names.start()));
    REQUIRE(find(activation, check::rule::dns_no_record) != nullptr);
    CHECK(activate::windows_code_of(activation) == 0x8007251D);  // rpc.md 3: NOERROR, empty
}

TEST_CASE("activate: a name without an address is a finding, also for a host that was given", "[activate]") {
    NameServer names;
    ActivationSettings settings = asking();
    settings.host = probe::Target{.host = "gone.lab.test", .address = {}, .port = 1688};
    settings.discovery.servers = {names.start()};
    const Activation activation = activate::activate(settings);
    REQUIRE(find(activation, check::rule::name_not_found) != nullptr);
    CHECK(activate::windows_code_of(activation) == 0xC004F074);
}

TEST_CASE("activate: DNS that fails at the name of a host is told from a name that does not exist", "[activate]") {
    NameServer names;
    ActivationSettings settings = asking();
    settings.host = probe::Target{.host = "kms.lab.test", .address = {}, .port = 1688};
    settings.discovery.servers = {names.rcode(2).start()};
    const Activation activation = activate::activate(settings);
    CHECK(find(activation, check::rule::name_no_answer) != nullptr);
    CHECK(find(activation, check::rule::name_not_found) == nullptr);
}

TEST_CASE("activate: DNS that does not answer is told from DNS that says no", "[activate]") {
    Endpoint nobody;
    {
        NameServer names;
        nobody = names.start();
    }
    ActivationSettings settings = searching(nobody);
    settings.discovery.timeout = 400ms;
    const Activation activation = activate::activate(settings);
    CHECK(find(activation, check::rule::dns_no_answer) != nullptr);
}
