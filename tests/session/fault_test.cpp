#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "libdiag/session/fault_injector.h"
#include "tests/session/lab.h"

// What each fault of the table looks like from the client's side.

using namespace diag;
using namespace diag::session;
using namespace diag::test;
using namespace std::chrono_literals;

namespace {

// The checks that failed, by key; "rpc." before those of the RPC layer.
std::set<std::string> failed_checks(const KmsClient& client) {
    std::set<std::string> failed;
    for (const RpcStep& step : client.rpc().steps)
        for (const auto& check : dcerpc::rpc_check_table)
            if (step.checks.*check.member == CheckResult::failed) failed.insert("rpc." + std::string{check.key});
    for (const KmsExchange& exchange : client.exchanges()) {
        if (!exchange.answer.response) continue;
        for (const auto& check : kms::response_check_table)
            if (exchange.answer.response->checks.*check.member == CheckResult::failed)
                failed.insert(std::string{check.key});
    }
    return failed;
}

// One request of version `major` to a host with these faults.
struct Run {
    Run(std::vector<std::string_view> faults, std::uint16_t major = 6, const RpcClientSettings& settings = {})
        : lab{{.start_count = 30}, std::move(faults)}, client{settings, kms::lab_profile(), counting_bytes()} {
        kms::BaseRequest request = windows_request();
        request.version.major = major;
        client.add_request(request);
        lab.run(client);
    }

    StepEnd end() const { return client.rpc().steps.back().end; }
    RpcStep::Kind kind() const { return client.rpc().steps.back().kind; }
    KmsVerdict verdict() const {
        return client.exchanges().empty() ? KmsVerdict::no_answer : client.exchanges()[0].answer.verdict;
    }

    Lab lab;
    KmsClient client;
};

struct Case {
    std::string fault;
    RpcStep::Kind kind = RpcStep::Kind::call;  // of the last step
    StepEnd end = StepEnd::answered;
    KmsVerdict verdict = KmsVerdict::no_answer;
    std::set<std::string> failed{};
    std::uint16_t major = 6;
};

constexpr auto bind_step = RpcStep::Kind::bind;
constexpr auto call_step = RpcStep::Kind::call;

const std::vector<Case> cases{
    {"reset@accept", bind_step, StepEnd::reset},
    {"reset@bind", bind_step, StepEnd::reset},
    {"reset", call_step, StepEnd::reset},
    {"close@accept", bind_step, StepEnd::closed},
    {"close@bind", bind_step, StepEnd::closed},
    {"close@request", call_step, StepEnd::closed},
    {"close@response", call_step, StepEnd::answered, KmsVerdict::activated},
    {"reset@response", call_step, StepEnd::answered, KmsVerdict::activated},
    {"silence@accept", bind_step, StepEnd::timed_out},
    {"silence@bind", bind_step, StepEnd::timed_out},
    {"silence", call_step, StepEnd::timed_out},
    {"silence@response", call_step, StepEnd::answered, KmsVerdict::activated},
    {"delay:9999@accept", call_step, StepEnd::answered, KmsVerdict::activated},
    {"delay:10000@accept", bind_step, StepEnd::timed_out},
    {"delay:10000@bind", bind_step, StepEnd::timed_out},
    {"delay:9999", call_step, StepEnd::answered, KmsVerdict::activated},
    {"delay:10000", call_step, StepEnd::timed_out},
    {"drip", call_step, StepEnd::answered, KmsVerdict::activated},
    {"drip:10@bind", call_step, StepEnd::answered, KmsVerdict::activated},
    {"drip:1000", call_step, StepEnd::timed_out},
    {"fragments", call_step, StepEnd::answered, KmsVerdict::activated, {"rpc.flags"}},
    {"fragments:100", call_step, StepEnd::answered, KmsVerdict::activated, {"rpc.flags"}, 4},
    {"half", call_step, StepEnd::reset},
    {"half@bind", bind_step, StepEnd::reset},
    {"wrong-call-id", call_step, StepEnd::answered, KmsVerdict::activated, {"rpc.call_id"}},
    {"wrong-call-id:99@bind", call_step, StepEnd::answered, KmsVerdict::activated, {"rpc.call_id"}},
    {"wrong-length", call_step, StepEnd::timed_out},
    {"wrong-length:15", call_step, StepEnd::not_rpc},
    {"wrong-length:40", call_step, StepEnd::answered, KmsVerdict::bad_stub},
    {"wrong-length@bind", bind_step, StepEnd::timed_out},
    {"garbage", bind_step, StepEnd::not_rpc},
    {"garbage:300@request", call_step, StepEnd::not_rpc},
    {"garbage@accept", bind_step, StepEnd::not_rpc},
    {"http", bind_step, StepEnd::not_rpc},
    {"http@request", call_step, StepEnd::not_rpc},
    {"tls", bind_step, StepEnd::not_rpc},
    {"tls@accept", bind_step, StepEnd::not_rpc},
    {"shutdown", call_step, StepEnd::shutdown},
    {"shutdown@bind", bind_step, StepEnd::shutdown},
    {"bind-nak:4", bind_step, StepEnd::bind_nak},
    {"bind-reject", bind_step, StepEnd::no_context},
    {"wrong-transfer-syntax", bind_step, StepEnd::no_context},
    {"rpc-fault:0x1C010003", call_step, StepEnd::fault},
    {"hresult:0xC004F074", call_step, StepEnd::answered, KmsVerdict::refused, {"rpc.return_code"}},
    {"bad-mac", call_step, StepEnd::answered, KmsVerdict::rejected, {"mac"}, 4},
    {"bad-mac", call_step, StepEnd::answered, KmsVerdict::activated, {}, 6},
    {"bad-hmac", call_step, StepEnd::answered, KmsVerdict::rejected, {"hmac"}},
    {"bad-hmac", call_step, StepEnd::answered, KmsVerdict::activated, {}, 5},
    {"bad-hash", call_step, StepEnd::answered, KmsVerdict::rejected, {"hash"}, 5},
    {"bad-hash", call_step, StepEnd::answered, KmsVerdict::rejected, {"hash"}, 6},
    {"bad-salt", call_step, StepEnd::answered, KmsVerdict::rejected, {"salt"}, 5},
    {"bad-salt", call_step, StepEnd::answered, KmsVerdict::rejected, {"salt"}, 6},
    {"echo-salt", call_step, StepEnd::answered, KmsVerdict::activated, {"salt_differs"}, 6},
    {"bad-padding", call_step, StepEnd::answered, KmsVerdict::protected_answer, {"decrypt"}, 5},
    {"bad-padding", call_step, StepEnd::answered, KmsVerdict::protected_answer, {"decrypt"}, 6},
    {"bad-padding", call_step, StepEnd::answered, KmsVerdict::activated, {}, 4},
    {"wrong-version", call_step, StepEnd::answered, KmsVerdict::rejected, {"version"}, 4},
    {"wrong-version", call_step, StepEnd::answered, KmsVerdict::rejected, {"version"}, 5},
    {"wrong-version", call_step, StepEnd::answered, KmsVerdict::rejected, {"version"}, 6},
    {"wrong-version:5.0", call_step, StepEnd::answered, KmsVerdict::protected_answer, {"decrypt"}, 6},
    {"inner-version", call_step, StepEnd::answered, KmsVerdict::rejected, {"version"}, 5},
    {"inner-version", call_step, StepEnd::answered, KmsVerdict::rejected, {"version"}, 6},
    {"wrong-time", call_step, StepEnd::answered, KmsVerdict::rejected, {"client_time"}, 4},
    {"wrong-time", call_step, StepEnd::answered, KmsVerdict::rejected, {"client_time"}, 5},
    {"wrong-time", call_step, StepEnd::answered, KmsVerdict::rejected, {"client_time"}, 6},
    {"wrong-machine-id", call_step, StepEnd::answered, KmsVerdict::rejected, {"client_machine_id"}, 4},
    {"wrong-machine-id", call_step, StepEnd::answered, KmsVerdict::rejected, {"client_machine_id"}, 6},
};

}  // namespace

TEST_CASE("fault: a client sees of each exactly what was told", "[session][fault]") {
    for (const Case& c : cases) {
        CAPTURE(c.fault, c.major);
        const Run run{{c.fault}, c.major};
        CHECK(run.kind() == c.kind);
        CHECK(name_of(run.end()) == name_of(c.end));
        CHECK(name_of(run.verdict()) == name_of(c.verdict));
        CHECK(failed_checks(run.client) == c.failed);
    }
}

TEST_CASE("fault: every row of the table is among the cases", "[session][fault]") {
    for (const FaultInfo& info : all_faults()) {
        CAPTURE(info.name);
        CHECK(std::any_of(cases.begin(), cases.end(),
                          [&](const Case& c) { return parse_fault(c.fault)->kind == info.kind; }));
    }
}

TEST_CASE("fault: each bind_nak reason arrives", "[session][fault]") {
    for (const Name& reason : dcerpc::reject_reason_names) {
        const std::string text = "bind-nak:" + std::to_string(reason.value);
        const Run run{{text}};
        CHECK(run.client.rpc().steps.back().reject_reason == reason.value);
    }
}

TEST_CASE("fault: each reason for refusing contexts arrives", "[session][fault]") {
    for (const Name& reason : dcerpc::provider_reason_names) {
        const std::string text = "bind-reject:" + std::to_string(reason.value);
        const Run run{{text}};
        const auto& results = run.client.rpc().steps.back().bind_answer->results;
        REQUIRE(results.size() == 3);
        for (const auto& result : results)
            CHECK(result == dcerpc::ContextResult{.result = 2, .reason = static_cast<std::uint16_t>(reason.value)});
    }
}

TEST_CASE("fault: each fault status arrives, on the ids of the request", "[session][fault]") {
    for (const Name& status : dcerpc::fault_status_names) {
        const std::string text = "rpc-fault:" + std::to_string(status.value);
        const Run run{{text}};
        const RpcStep& step = run.client.rpc().steps.back();
        CHECK(step.fault_status == status.value);
        CHECK(step.checks.call_id == CheckResult::passed);
        CHECK(step.checks.context_id == CheckResult::passed);
    }
}

TEST_CASE("fault: any HRESULT arrives, in either syntax", "[session][fault]") {
    const bool ndr32 = GENERATE(true, false);
    for (const std::string code :
         {"0x80070005", "0x8007000D", "0xC004D104", "0xC004F042", "0xC004F06C", "0x00000001"}) {
        const std::string text = "hresult:" + code;
        const Run run{{text}, 6, {.alter_for_ndr32 = ndr32}};
        CHECK(run.client.rpc().steps.back().syntax == (ndr32 ? dcerpc::Syntax::ndr32 : dcerpc::Syntax::ndr64));
        CHECK(run.client.exchanges().at(0).answer.return_code == parse_fault(text)->argument);
    }
}

TEST_CASE("fault: with a number it strikes once", "[session][fault]") {
    Lab lab{{.start_count = 30}, {"hresult:0xC004F06C@2", "bind-nak:1@2"}};
    KmsClient first{{}, kms::lab_profile(), counting_bytes()};
    for (int i = 0; i < 3; ++i) first.add_request(windows_request());
    lab.run(first);
    REQUIRE(first.exchanges().size() == 3);
    CHECK(first.exchanges()[0].answer.verdict == KmsVerdict::activated);
    CHECK(first.exchanges()[1].answer.return_code == 0xC004F06C);
    CHECK(first.exchanges()[2].answer.verdict == KmsVerdict::activated);
    KmsClient second{{}, kms::lab_profile(), counting_bytes()};
    lab.run(second);
    CHECK(second.rpc().steps.back().reject_reason == 1);
    KmsClient third{{}, kms::lab_profile(), counting_bytes()};
    lab.run(third);
    CHECK(third.rpc().steps.back().end == StepEnd::answered);
}

TEST_CASE("fault: several strike together", "[session][fault]") {
    const Run run{{"bad-hash", "wrong-call-id", "delay:500"}};
    CHECK(failed_checks(run.client) == std::set<std::string>{"hash", "rpc.call_id"});
    const RpcStep& step = run.client.rpc().steps.back();
    CHECK(step.ended - step.began == 500ms);
}

TEST_CASE("fault: whatever two come together, nothing is read or written past an end", "[session][fault]") {
    std::vector<std::string> texts;
    for (const Case& c : cases) texts.push_back(c.fault);
    for (const std::string& a : texts) {
        for (const std::string& b : texts) {
            CAPTURE(a, b);
            const Run run{{a, b}};
            CHECK(run.end() != StepEnd::pending);
        }
    }
}

TEST_CASE("fault: a drip is one byte an action, in the time that was told", "[session][fault]") {
    const Run run{{"drip:5"}};
    const RpcStep& step = run.client.rpc().steps.back();
    const std::size_t size = step.pdus.back().bytes.size();
    CHECK(step.ended - step.began == (size - 1) * 5ms);
    CHECK(run.lab.action_count >= size);
}

TEST_CASE("fault: garbage of no size is nothing to send, and the connection ends", "[session][fault]") {
    Lab lab{{}, {"garbage:0@accept"}};
    HostConnection connection{*lab.host, lab.plan, {}, 1};
    const Actions actions = connection.on_accept();
    REQUIRE(actions.size() == 1);
    CHECK(actions[0].kind == Action::Kind::close);
    CHECK(connection.has_ended());
}

TEST_CASE("fault: fragments are as small as told and hold the whole answer", "[session][fault]") {
    const Run run{{"fragments:16"}};
    const RpcStep& step = run.client.rpc().steps.back();
    CHECK(step.pdus.size() > 15);
    for (const SeenPdu& pdu : step.pdus)
        if (!pdu.sent) CHECK(pdu.bytes.size() <= 24 + 16);
}

TEST_CASE("fault: the host logs what it decided, whatever is sent", "[session][fault]") {
    const Run run{{"hresult:0xC004F06C"}};
    REQUIRE(run.lab.events.size() == 1);
    CHECK(run.lab.events[0].hresult == 0);
}

TEST_CASE("fault: a silenced connection is never heard of again, and stays open", "[session][fault]") {
    Lab lab{{}, {"silence@bind"}};
    HostConnection connection{*lab.host, lab.plan, {}, 1};
    CHECK(connection.on_accept().empty());
    for (const auto* id : {"bind-ndr32", "request-v6-ndr32-win10-even", "bind-ndr32"})
        CHECK(connection.on_bytes(rpc_pdu(id), lab.clock).empty());
    CHECK(connection.has_ended());
}

TEST_CASE("fault: a message fault leaves a refusal alone", "[session][fault]") {
    Lab lab{{.keys = {{"office2019"}}}, {"bad-hash", "wrong-version", "bad-padding"}};
    const KmsAnswer answer = lab.ask(windows_request()).answer;
    CHECK(answer.return_code == 0xC004F042);
}
