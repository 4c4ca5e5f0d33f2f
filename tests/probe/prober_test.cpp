#include "libdiag/probe/prober.h"

#include <catch2/catch.hpp>

#include "libdiag/probe/probe_json.h"
#include "libdiag/probe/probe_subject.h"
#include "tests/net/live_host.h"

// Probes of hosts on loopback.

using namespace diag;
using namespace diag::test;
using namespace std::chrono_literals;
using probe::ProbeSettings;
using probe::Target;
using probe::TargetReport;

namespace {

Target loopback(std::uint16_t port) { return {.host = {}, .address = IpAddress::parse("127.0.0.1"), .port = port}; }

std::uint16_t closed_port() {
    LiveHost host;
    const std::uint16_t port = host.port();
    REQUIRE(host.stop());
    return port;
}

struct Result {
    std::vector<TargetReport> reports;
    std::size_t attempt_count = 0;
    probe::ProbeEnd end;
};

Result run(std::vector<Target> targets, const ProbeSettings& settings = {}) {
    Result result;
    result.end = probe::probe(std::move(targets), settings,
                              {.on_attempt = [&](auto...) { ++result.attempt_count; },
                               .on_target = [&](TargetReport report) { result.reports.push_back(std::move(report)); }});
    return result;
}

bool has(const TargetReport& report, std::string_view id) {
    return std::ranges::any_of(report.findings, [id](const auto& f) { return f.rule->id == id; });
}

}  // namespace

TEST_CASE("probe: a host in order has no finding, and its stages have times", "[probe]") {
    LiveHost host;
    const Result result = run({loopback(host.port())});
    REQUIRE(result.reports.size() == 1);
    const TargetReport& report = result.reports[0];
    CHECK(report.findings.empty());
    CHECK_FALSE(report.name);
    REQUIRE(report.addresses.size() == 1);
    const probe::Attempt& attempt = report.addresses[0].last;
    CHECK(probe::port_state(attempt) == "listening");
    REQUIRE(attempt.bind);
    CHECK(attempt.bind->offers_kms);
    CHECK(attempt.bind->secondary_address == std::to_string(host.port()));
    CHECK(attempt.bind_time > 0ns);
    CHECK_FALSE(attempt.request);
    CHECK(verdict_text(report) == "KMS answers at 127.0.0.1:" + std::to_string(host.port()));
    REQUIRE(host.stop());
    CHECK(host.events().empty());
}

TEST_CASE("probe: each of many targets is reported, in the order given, whatever the rate", "[probe]") {
    LiveHost host;
    const unsigned rate = GENERATE(0U, 50U, 500U);
    CAPTURE(rate);
    std::vector<Target> targets;
    const std::uint16_t closed = closed_port();
    for (int i = 0; i < 5; ++i) {
        targets.push_back(loopback(host.port()));
        targets.push_back(loopback(closed));
    }
    const Result result = run(targets, {.rate = rate});
    REQUIRE(result.reports.size() == targets.size());
    for (std::size_t i = 0; i < targets.size(); ++i) {
        CHECK(to_string(result.reports[i].target) == to_string(targets[i]));
        CHECK(has(result.reports[i], "KMS-CONNECT-REFUSED") == (i % 2 == 1));
    }
}

TEST_CASE("probe: a series has an attempt each round, and counts what failed", "[probe]") {
    LiveHost host{{.faults = {"reset@bind,2"}}};
    const Result result = run({loopback(host.port())}, {.round_count = 4, .interval = 1ms});
    CHECK(result.attempt_count == 4);
    const auto& address = result.reports.at(0).addresses.at(0);
    CHECK(address.evidence.attempt_count == 4);
    CHECK(address.evidence.failed_count == 1);
    CHECK(address.connect_times.count() == 4);
    CHECK(address.bind_times.count() == 3);
    CHECK(has(result.reports[0], "KMS-CONNECT-UNSTABLE"));
    const auto subject = probe::make_subject(result.reports[0]);
    const auto loss = std::ranges::find(subject.metrics, "loss", [](const auto& m) { return m.label; });
    REQUIRE(loss != subject.metrics.end());
    CHECK(loss->value == 25.0);
}

TEST_CASE("probe: binds of growing size pass on loopback, and are nothing to report", "[probe]") {
    LiveHost host;
    const Result result = run({loopback(host.port())}, {.rate = 0, .sizes = true});
    const auto& report = result.reports.at(0);
    CHECK(report.findings.empty());
    CHECK(result.attempt_count == 1);
    const auto& sizes = report.addresses.at(0).evidence.sizes;
    REQUIRE(sizes.size() > 5);
    CHECK(std::ranges::all_of(sizes, &check::SizeAttempt::passed));
    CHECK(std::ranges::is_sorted(sizes, {}, &check::SizeAttempt::bind_size));
    CHECK(sizes.back().bind_size >= 1460);
    CHECK(sizes.back().packet_size == sizes.back().bind_size + 52);  // IPv4 20, TCP 20, time stamps 12
}

TEST_CASE("probe: the endpoint mapper is asked once, and is no attempt", "[probe]") {
    const Result result = run({loopback(closed_port())}, {.round_count = 2, .interval = 1ms, .mapper = true});
    const auto& evidence = result.reports.at(0).addresses.at(0).evidence;
    CHECK(evidence.attempt_count == 2);
    CHECK(evidence.mapper_connect);
}

TEST_CASE("probe: an address that this machine cannot use ends nothing", "[probe]") {
    LiveHost host;
    // A link-local address without a link; 240/4 has no route on Linux or is refused by it.
    const Target unusable{.host = {}, .address = IpAddress::parse("fe80::1"), .port = 1688};
    const Result result = run({unusable, loopback(host.port())});
    CHECK_FALSE(result.end.problem);
    REQUIRE(result.reports.size() == 2);
    CHECK(has(result.reports[0], "KMS-CONNECT-NO-ROUTE"));
    CHECK(result.reports[1].findings.empty());
}

TEST_CASE("probe: without any address there is nothing to repeat", "[probe]") {
    const Result result = run({{.host = std::string(64, 'a') + ".invalid", .address = {}, .port = 1688}},
                              {.timeout = 1s, .round_count = 0});
    REQUIRE(result.reports.size() == 1);
    CHECK(has(result.reports[0], "KMS-NAME-NOT-FOUND"));
    CHECK(result.attempt_count == 0);
}

TEST_CASE("probe: after a stop what was tried is reported, and the rest is not", "[probe]") {
    LiveHost host;
    std::atomic<bool> stop = false;
    std::vector<TargetReport> reports;
    const ProbeSettings settings{.concurrency = 1, .round_count = 0, .interval = 1ms, .stop = &stop};
    const auto end = probe::probe({loopback(host.port()), loopback(host.port())}, settings,
                                  {.on_attempt = [&](auto, auto, const auto&) { stop = true; },
                                   .on_target = [&](TargetReport report) { reports.push_back(std::move(report)); }});
    CHECK(end.stopped);
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].addresses.at(0).evidence.attempt_count == 1);
}

TEST_CASE("probe: a request is sent in each round and answered", "[probe]") {
    LiveHost host;
    kms::BaseRequest request;
    request.version = {.minor = 0, .major = 6};
    request.required_client_count = 25;
    request.client_machine_id = *Uuid::parse("3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13");
    REQUIRE(request.set_workstation_text("pc1.example.test"));
    const Result result = run({loopback(host.port())}, {.round_count = 2, .interval = 1ms, .requests = {request}});
    const probe::Attempt& attempt = result.reports.at(0).addresses.at(0).last;
    REQUIRE(attempt.request);
    CHECK(attempt.request->verdict == session::KmsVerdict::refused);  // the clock of a LiveHost stands still
    CHECK(attempt.request_time);
    REQUIRE(host.stop());
    CHECK(host.events().size() == 2);
}
