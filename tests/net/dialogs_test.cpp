#include "libdiag/net/dialogs.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <map>
#include <set>

#include "libdiag/session/client_request.h"
#include "tests/net/live_host.h"

// Conversations on real sockets, loopback only. Times are limits for the hopeless case; where one is a condition it is one
// that no slow machine can miss.

using namespace diag;
using namespace diag::test;
using namespace std::chrono_literals;
using net::DialogOrder;
using net::DialogReport;
using net::Dialogs;
using net::DialogSettings;
using session::ConnectEnd;
using session::RpcStep;
using session::StepEnd;

namespace {

// The reference host's clock stands at vector_time: requests are stamped by the real one, so it refuses them.
constexpr std::uint32_t clock_refusal = 0xC004F06C;

Endpoint loopback(std::uint16_t port) { return {.ip = *IpAddress::parse("127.0.0.1"), .port = port}; }

kms::BaseRequest windows_request() {
    return *session::make_request({.activation_id = *Uuid::parse("458e1bec-837a-45f6-b9d5-925ed5d299de"),
                                   .workstation_name = "pc1.example.test",
                                   .client_machine_id = *Uuid::parse("3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13")});
}

std::vector<DialogReport> run(std::vector<DialogOrder> orders, DialogSettings settings = {}) {
    Dialogs dialogs{settings, kms::lab_profile()};
    std::vector<DialogReport> reports;
    std::size_t next = 0;
    dialogs.run([&] { return next < orders.size() ? std::optional{orders[next++]} : std::nullopt; },
                [&](DialogReport report) { reports.push_back(std::move(report)); });
    return reports;
}

DialogReport run_one(DialogOrder order, DialogSettings settings = {}) {
    auto reports = run({std::move(order)}, settings);
    REQUIRE(reports.size() == 1);
    return std::move(reports.front());
}

// A listening socket whose queue is full, so that the system drops the next SYN.
class DeafPort {
public:
    DeafPort() : listener_{socket(AF_INET, SOCK_STREAM, 0)} {
        sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
        socklen_t size = sizeof address;
        REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(listen(listener_, 0) == 0);
        REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
        for (int& filler : fillers_) {
            filler = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
            static_cast<void>(connect(filler, reinterpret_cast<sockaddr*>(&address), size));
        }
    }
    ~DeafPort() {
        for (const int filler : fillers_) close(filler);
        close(listener_);
    }
    DeafPort(const DeafPort&) = delete;
    DeafPort& operator=(const DeafPort&) = delete;

    std::uint16_t port() const { return port_; }

private:
    int listener_;
    int fillers_[4];
    std::uint16_t port_ = 0;
};

// A port on which nobody listens: one that was just given back.
std::uint16_t closed_port() {
    LiveHost host;
    const std::uint16_t port = host.port();
    REQUIRE(host.stop());
    return port;
}

}  // namespace

TEST_CASE("dialogs: a bind alone is answered and leaves no event on the host", "[net]") {
    LiveHost host;
    const DialogReport report = run_one({.target = loopback(host.port()), .tag = 7});
    CHECK(report.tag == 7);
    CHECK(report.connect.end == ConnectEnd::connected);
    CHECK(report.connect.target.port == host.port());
    CHECK(report.connect.local.port != 0);
    CHECK(report.connect.ended >= report.connect.began);
    REQUIRE_FALSE(report.rpc.steps.empty());
    CHECK(report.rpc.steps.front().kind == RpcStep::Kind::bind);
    CHECK(report.rpc.steps.front().end == StepEnd::answered);
    CHECK(report.exchanges.empty());
    REQUIRE(host.stop());
    CHECK(host.events().empty());
}

TEST_CASE("dialogs: a request gets the host's word, and the host one event", "[net]") {
    LiveHost host;
    const DialogReport report = run_one({.target = loopback(host.port()), .requests = {windows_request()}});
    REQUIRE(report.exchanges.size() == 1);
    CHECK(report.exchanges.front().answer.return_code == clock_refusal);
    REQUIRE(host.stop());
    REQUIRE(host.events().size() == 1);
    CHECK(host.events().front().workstation_name == "pc1.example.test");
}

TEST_CASE("dialogs: a port where nobody listens refuses", "[net]") {
    const DialogReport report = run_one({.target = loopback(closed_port())});
    CHECK(report.connect.end == ConnectEnd::refused);
    CHECK(report.connect.system_error == ECONNREFUSED);
    CHECK(report.rpc.steps.empty());
}

TEST_CASE("dialogs: a SYN that nobody answers ends with the timeout, not before", "[net]") {
    const DeafPort deaf;
    const DialogReport report = run_one({.target = loopback(deaf.port())}, {.connect_timeout = 300ms});
    CHECK(report.connect.end == ConnectEnd::no_answer);
    CHECK(report.connect.ended - report.connect.began >= 300ms);
}

TEST_CASE("dialogs: how the host fails at the bind is told as it was", "[net]") {
    const std::map<std::string_view, StepEnd> ends{
        {"reset@bind", StepEnd::reset},  {"close@bind", StepEnd::closed},   {"silence@bind", StepEnd::timed_out},
        {"http@bind", StepEnd::not_rpc}, {"bind-nak:4", StepEnd::bind_nak}, {"bind-reject:1", StepEnd::no_context},
        {"half@bind", StepEnd::reset}};
    for (const auto& [fault, end] : ends) {
        INFO(fault);
        LiveHost host{{.faults = {fault}}};
        DialogOrder order{.target = loopback(host.port())};
        order.rpc.timeout = 500ms;
        const DialogReport report = run_one(order);
        CHECK(report.connect.end == ConnectEnd::connected);
        REQUIRE(report.rpc.steps.size() == 1);
        CHECK(name_of(report.rpc.steps.front().end) == name_of(end));
    }
}

TEST_CASE("dialogs: how the host fails at the request is told as it was", "[net]") {
    const std::map<std::string_view, StepEnd> ends{
        {"reset@request", StepEnd::reset}, {"close@request", StepEnd::closed}, {"silence@request", StepEnd::timed_out},
        {"rpc-fault:5", StepEnd::fault},   {"drip:1", StepEnd::answered},      {"fragments:8", StepEnd::answered}};
    for (const auto& [fault, end] : ends) {
        INFO(fault);
        LiveHost host{{.faults = {fault}}};
        DialogOrder order{.target = loopback(host.port()), .requests = {windows_request()}};
        order.rpc.timeout = 2000ms;
        const DialogReport report = run_one(order);
        REQUIRE_FALSE(report.rpc.steps.empty());
        CHECK(report.rpc.steps.back().kind == RpcStep::Kind::call);
        CHECK(name_of(report.rpc.steps.back().end) == name_of(end));
    }
}

TEST_CASE("dialogs: each order gets one report, and no more are open than allowed", "[net]") {
    LiveHost host;
    constexpr std::size_t order_count = 500;
    constexpr std::size_t concurrency = 32;
    Dialogs dialogs{{.concurrency = concurrency}, kms::lab_profile()};
    std::set<std::uint64_t> tags;
    std::size_t given = 0;
    std::size_t most_open = 0;
    dialogs.run(
        [&]() -> std::optional<DialogOrder> {
            if (given == order_count) return std::nullopt;
            const DialogOrder order{.target = loopback(host.port()), .tag = given++};
            most_open = std::max(most_open, given - tags.size());
            return order;
        },
        [&](DialogReport report) {
            CHECK(report.rpc.steps.back().end == StepEnd::answered);
            tags.insert(report.tag);
        });
    CHECK(tags.size() == order_count);
    CHECK(most_open <= concurrency + 1);  // a report is handed out before its place is filled again
    CHECK(most_open > 1);
    REQUIRE(host.stop());
    CHECK(host.counters().accepted == order_count);
}

TEST_CASE("dialogs: a rate is kept", "[net]") {
    LiveHost host;
    std::vector<DialogOrder> orders(11, {.target = loopback(host.port())});
    const auto began = std::chrono::steady_clock::now();
    CHECK(run(orders, {.rate = 50}).size() == 11);
    CHECK(std::chrono::steady_clock::now() - began >= 200ms);  // ten intervals of 20 ms
}

TEST_CASE("dialogs: what a slow host kept from being begun is not made up for in a burst", "[net]") {
    LiveHost host{{.faults = {"silence@bind"}}};
    const std::uint16_t nobody = closed_port();
    std::vector<DialogOrder> orders(9, {.target = loopback(nobody)});
    orders.front().target = loopback(host.port());
    orders.front().rpc.timeout = 600ms;
    std::optional<std::chrono::steady_clock::time_point> first_end;
    Dialogs dialogs{{.concurrency = 1, .rate = 20}, kms::lab_profile()};
    std::size_t next = 0;
    dialogs.run([&] { return next < orders.size() ? std::optional{orders[next++]} : std::nullopt; },
                [&](const DialogReport&) {
                    if (!first_end) first_end = std::chrono::steady_clock::now();
                });
    REQUIRE(first_end);
    // Eight intervals of 50 ms, less what may be made up for.
    CHECK(std::chrono::steady_clock::now() - *first_end >= 200ms);
}

TEST_CASE("dialogs: after stop() no conversation begins and run() returns", "[net]") {
    LiveHost host{{.faults = {"silence@bind,3"}}};
    Dialogs dialogs{{.concurrency = 1}, kms::lab_profile()};
    std::size_t given = 0;
    std::size_t reported = 0;
    dialogs.run(
        [&]() -> std::optional<DialogOrder> {
            // The third would wait for ten seconds.
            if (++given == 3) dialogs.stop();
            return DialogOrder{.target = loopback(host.port())};
        },
        [&](const DialogReport&) { ++reported; });
    CHECK(given == 3);
    CHECK(reported == 2);
}
