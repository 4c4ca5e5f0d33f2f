#include "libdiag/session/kms_client.h"

#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"
#include "libdiag/session/client_request.h"
#include "tests/session/lab.h"

using namespace diag;
using namespace diag::session;
using namespace diag::test;

namespace {

constexpr std::string_view windows_enterprise = "73111121-5638-40f6-bc11-f1d7b0d64300";

ClientSettings settings_for(std::string_view activation_id) {
    return {.activation_id = *Uuid::parse(activation_id), .workstation_name = "pc", .client_machine_id = Uuid{{1}}};
}

}  // namespace

TEST_CASE("client: client and host agree in every version, whatever the segments", "[session][client]") {
    const auto major = GENERATE(as<std::uint16_t>{}, 4, 5, 6);
    Lab lab{{.start_count = 30}};
    kms::BaseRequest request = windows_request();
    request.version.major = major;
    for (std::size_t piece_size = 1; piece_size < 330; ++piece_size) {
        CAPTURE(major, piece_size);
        KmsClient client{{}, kms::lab_profile(), counting_bytes()};
        client.add_request(request);
        client.add_request(request);
        lab.run(client, piece_size);
        REQUIRE(client.exchanges().size() == 2);
        for (const KmsExchange& exchange : client.exchanges())
            REQUIRE(exchange.answer.verdict == KmsVerdict::activated);
        REQUIRE(client.rpc().steps.size() == 4);
        CHECK(client.exchanges()[1].step_index == 3U);
        CHECK(client.rpc().steps[1].kind == RpcStep::Kind::alter_context);
        CHECK(client.rpc().steps[2].syntax == dcerpc::Syntax::ndr32);
        CHECK(client.rpc().steps[3].syntax == dcerpc::Syntax::ndr64);
        for (const RpcStep& step : client.rpc().steps)
            for (const auto& check : dcerpc::rpc_check_table) CHECK(step.checks.*check.member != CheckResult::failed);
        for (const auto& check : kms::response_check_table)
            CHECK(client.exchanges()[0].answer.response->checks.*check.member != CheckResult::failed);
    }
}

TEST_CASE("client: an older host accepts NDR32 at once and no alter_context follows", "[session][client]") {
    Lab lab{{.keys = {{"ws2008r2-c"}}, .build = 7601}};
    KmsClient client{{}, kms::lab_profile(), counting_bytes()};
    lab.run(client);
    REQUIRE(client.rpc().steps.size() == 1);
    CHECK(client.rpc().steps[0].end == StepEnd::answered);
    CHECK(client.rpc().steps[0].bind_answer->results.at(0).result == dcerpc::acceptance);
}

TEST_CASE("client: without a request it binds, closes and leaves no trace", "[session][client]") {
    Lab lab;
    KmsClient client{{}, kms::lab_profile(), counting_bytes()};
    lab.run(client);
    CHECK(client.has_ended());
    CHECK(client.rpc().steps.back().end == StepEnd::answered);
    CHECK(client.exchanges().empty());
    CHECK(lab.events.empty());
}

TEST_CASE("client: a host's refusal is reported with its HRESULT", "[session][client]") {
    Lab lab{{.keys = {{"office2019"}}}};
    const KmsAnswer answer = lab.ask(windows_request()).answer;
    CHECK(answer.verdict == KmsVerdict::refused);
    CHECK(answer.return_code == 0xC004F042);
    CHECK_FALSE(answer.response);
}

TEST_CASE("client: under other keys the host refuses and the client says no more than that", "[session][client]") {
    Lab lab;
    kms::KeyProfile profile = kms::lab_profile();
    profile.v6->front() ^= 1;
    KmsClient client{{}, profile, counting_bytes()};
    client.add_request(windows_request());
    lab.run(client);
    CHECK(client.exchanges().at(0).answer.return_code == 0x8007000D);
}

TEST_CASE("client: an answer under other keys is protected, not wrong", "[session][client]") {
    kms::KeyProfile profile = kms::lab_profile();
    profile.v6->front() ^= 1;
    kms::Codec codec{profile};
    const kms::Request request = codec.decode_request(bytes_of(message_case(6, "win10-even"), "request"));
    const ByteVector stub =
        dcerpc::encode_response_stub(bytes_of(message_case(6, "win10-even"), "response"), 0, dcerpc::Syntax::ndr32);
    CHECK(judge_answer(codec, request, stub, dcerpc::Syntax::ndr32, std::endian::little).verdict ==
          KmsVerdict::protected_answer);
}

TEST_CASE("client: a version that the profile has no key for is not sent", "[session][client]") {
    Lab lab;
    kms::KeyProfile profile = kms::lab_profile();
    profile.v6.reset();
    KmsClient client{{}, profile, counting_bytes()};
    client.add_request(windows_request());
    lab.run(client);
    CHECK(client.has_ended());
    CHECK(client.exchanges().at(0).answer.verdict == KmsVerdict::no_answer);
    CHECK_FALSE(client.exchanges().at(0).step_index);
    CHECK(lab.events.empty());
}

TEST_CASE("client: each request carries the time at which it goes out", "[session][client]") {
    Lab lab{{}, {"delay:7000@response,1"}};
    KmsClient client{{}, kms::lab_profile(), counting_bytes()};
    client.add_request(windows_request());
    client.add_request(windows_request());
    lab.run(client);
    REQUIRE(lab.events.size() == 2);
    CHECK(lab.events[0].client_time == lab_time);
    CHECK(lab.events[1].client_time.ticks == lab_time.ticks + 70'000'000);
}

TEST_CASE("request: the product decides about ids, count and version", "[session][client]") {
    struct Case {
        std::string activation_id, kms_id, application_id;
        std::uint32_t count;
        std::uint16_t major;
    };
    // From libdiag/data/products.csv, whose rows come from several published lists.
    const auto c = GENERATE(values<Case>({
        {"73111121-5638-40f6-bc11-f1d7b0d64300", "58e2134f-8e11-4d17-9cb2-91069c151148",
         "55c92734-d682-4d71-983e-d6ec3f16059f", 25, 6},
        {"34e1ae55-27f8-4950-8877-7a03be5fb181", "8449b1fb-f0ea-497a-99ab-66ca96e9a0f5",
         "55c92734-d682-4d71-983e-d6ec3f16059f", 5, 6},
        {"85dd8b5f-eaa4-4af3-a628-cce9e77c9a03", "617d9eb1-ef36-4f82-86e0-a65ae07b96c6",
         "0ff1ce15-a989-479d-af46-f275c6370663", 5, 6},
        {"4f3d1606-3fea-4c01-be3c-8d671c401e3b", "212a64dc-43b1-4d3d-a30c-2fc69d2095c6",
         "55c92734-d682-4d71-983e-d6ec3f16059f", 25, 4},
    }));
    const auto request = make_request(settings_for(c.activation_id));
    REQUIRE(request);
    CHECK(to_string(request->kms_id) == c.kms_id);
    CHECK(to_string(request->application_id) == c.application_id);
    CHECK(request->required_client_count == c.count);
    CHECK(request->version == MinorMajor{.minor = 0, .major = c.major});
    CHECK(request->workstation_text() == "pc");
}

TEST_CASE("request: what the user decides is taken over", "[session][client]") {
    ClientSettings settings = settings_for(windows_enterprise);
    settings.version = MinorMajor{.minor = 0, .major = 5};
    settings.license_status = 5;
    settings.binding_expiration_minutes = 17;
    settings.virtual_machine = true;
    settings.previous_client_machine_id = Uuid{{2}};
    const auto request = make_request(settings);
    REQUIRE(request);
    CHECK(request->version.major == 5);
    CHECK(request->license_status == 5);
    CHECK(request->binding_expiration_minutes == 17);
    CHECK(request->virtual_machine == 1);
    CHECK(request->client_machine_id == Uuid{{1}});
    CHECK(request->previous_client_machine_id == Uuid{{2}});
}

TEST_CASE("request: what cannot be asked is named", "[session][client]") {
    struct Case {
        std::string name;
        std::function<void(ClientSettings&)> change;
        std::string expected;
    };
    const auto c = GENERATE(values<Case>({
        {"product", [](auto& s) { s.activation_id = Uuid{{1}}; },
         "unknown product 00000001-0000-0000-0000-000000000000"},
        {"version", [](auto& s) { s.version = MinorMajor{.minor = 1, .major = 6}; },
         "the protocol has versions 4.0, 5.0 and 6.0 only"},
        {"machine", [](auto& s) { s.client_machine_id = {}; }, "the client machine id must not be zero"},
        {"name", [](auto& s) { s.workstation_name.assign(64, 'x'); },
         "the workstation name is longer than 63 characters"},
    }));
    CAPTURE(c.name);
    ClientSettings settings = settings_for(windows_enterprise);
    c.change(settings);
    const auto request = make_request(settings);
    REQUIRE_FALSE(request);
    CHECK(request.error() == c.expected);
}
