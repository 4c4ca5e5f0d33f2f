#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"
#include "libdiag/session/client_request.h"
#include "tests/session/lab.h"
#include "tests/session/segmentation.h"

// Client and host against messages on which independent implementations agree, so that the two cannot agree on a mistake.

using namespace diag;
using namespace diag::session;
using namespace diag::test;

namespace {

ByteVector sent_bytes(const Actions& actions) {
    ByteVector all;
    for (const Action& action : actions) all.insert(all.end(), action.bytes.begin(), action.bytes.end());
    return all;
}

// The client of a case: its fields, time and salts.
struct VectorClient {
    VectorClient(unsigned major, std::string_view id, const RpcClientSettings& rpc)
        : message{message_case(major, id)},
          client{rpc, kms::lab_profile(), these_bytes(salts(major))},
          now{.steady = {}, .clock = to_timestamp(base_request_of(message).client_time_filetime)} {
        client.add_request(base_request_of(message));
    }

    std::vector<ByteVector> salts(unsigned major) const {
        return {major == 4 ? ByteVector(16) : bytes_of(message, "request_salt")};
    }

    const boost::json::object& message;
    KmsClient client;
    Now now;
};

std::string pdu_id(std::string_view kind, unsigned major, std::string_view id) {
    return std::string{kind} + "-v" + std::to_string(major) + "-ndr32-" + std::string{id};
}

}  // namespace

TEST_CASE("vectors: the client's binds are those of other clients, byte for byte", "[session][vectors]") {
    const auto [ndr64, btfn, id] =
        GENERATE(table<bool, bool, std::string>({{false, false, "bind-ndr32"}, {true, true, "bind-ndr32-ndr64-btfn"}}));
    RpcClientAssociation rpc{{.offer_ndr64 = ndr64, .offer_btfn = btfn}};
    CHECK(to_hex(sent_bytes(rpc.on_connected({}))) == to_hex(rpc_pdu(id)));
}

TEST_CASE("vectors: bind, request and answer of every case, under every segmentation", "[session][vectors]") {
    const unsigned major = GENERATE(4U, 5U, 6U);
    const std::string id = GENERATE("win10-even", "office-odd", "server-short");
    CAPTURE(major, id);
    ByteVector host_bytes = rpc_pdu("bind-ack-ndr32");
    const std::size_t bind_ack_size = host_bytes.size();
    const ByteVector response = rpc_pdu(pdu_id("response", major, id));
    host_bytes.insert(host_bytes.end(), response.begin(), response.end());

    const auto talk = [&, major = major](const std::vector<Bytes>& bind_ack, const std::vector<Bytes>& answer) {
        VectorClient v{major, id, {.offer_ndr64 = false, .offer_btfn = false}};
        v.client.on_connected(v.now);
        ByteVector request;
        for (const Bytes segment : bind_ack) request = sent_bytes(v.client.on_received(segment, v.now));
        REQUIRE(to_hex(request) == to_hex(rpc_pdu(pdu_id("request", major, id))));
        for (const Bytes segment : answer) v.client.on_received(segment, v.now);
        REQUIRE(v.client.has_ended());
        const KmsAnswer& got = v.client.exchanges().at(0).answer;
        REQUIRE(got.verdict == KmsVerdict::activated);
        const auto& fields = v.message.at("response_fields").as_object();
        CHECK(got.response->base->epid_text() == text_of(fields, "epid"));
        CHECK(got.response->base->count == number_of(fields, "count"));
        CHECK(got.response->base->renewal_interval_minutes == number_of(fields, "renewal_interval_minutes"));
        for (const auto& check : kms::response_check_table)
            CHECK(got.response->checks.*check.member != CheckResult::failed);
        CHECK(v.client.rpc().steps.at(1).checks.call_id == CheckResult::passed);
        CHECK(v.client.rpc().unsolicited_size == 0);
    };
    const Bytes ack = Bytes{host_bytes}.first(bind_ack_size);
    const Bytes answer = Bytes{host_bytes}.subspan(bind_ack_size);
    every_segmentation(ack, [&](const auto& segments) { talk(segments, {answer}); });
    every_segmentation(answer, [&](const auto& segments) { talk({ack}, segments); });
}

TEST_CASE("vectors: a host that prefers NDR64 gets alter_context, and NDR64 from the second request on",
          "[session][vectors]") {
    const auto& message = message_case(6, "win10-even");
    const ByteVector salt = bytes_of(message, "request_salt");
    KmsClient client{{}, kms::lab_profile(), these_bytes({salt, salt})};
    client.add_request(base_request_of(message));
    client.add_request(base_request_of(message));
    const Now now{.steady = {}, .clock = to_timestamp(base_request_of(message).client_time_filetime)};
    CHECK(to_hex(sent_bytes(client.on_connected(now))) == to_hex(rpc_pdu("bind-ndr32-ndr64-btfn")));
    CHECK(to_hex(sent_bytes(client.on_received(rpc_pdu("bind-ack-ndr64"), now))) ==
          to_hex(rpc_pdu("alter-context-ndr32")));
    CHECK(to_hex(sent_bytes(client.on_received(rpc_pdu("alter-context-resp-ndr32"), now))) ==
          to_hex(rpc_pdu("request-v6-ndr32-win10-even")));
    CHECK(to_hex(sent_bytes(client.on_received(rpc_pdu("response-v6-ndr32-win10-even"), now))) ==
          to_hex(rpc_pdu("request-v6-ndr64-win10-even")));
    client.on_received(rpc_pdu("response-v6-ndr64-win10-even"), now);
    REQUIRE(client.exchanges().size() == 2);
    CHECK(client.exchanges()[1].answer.verdict == KmsVerdict::activated);
}

TEST_CASE("vectors: the host answers the requests of other clients", "[session][vectors]") {
    const unsigned major = GENERATE(4U, 5U, 6U);
    const std::string id = GENERATE("win10-even", "office-odd", "server-short");
    const std::string syntax = GENERATE("ndr32", "ndr64");
    CAPTURE(major, id, syntax);
    const auto& message = message_case(major, id);
    const kms::BaseRequest asked = base_request_of(message);
    const std::string suffix = "-v" + std::to_string(major) + "-" + syntax + "-" + id;

    Lab lab;
    lab.clock = to_timestamp(asked.client_time_filetime);
    HostConnection connection{*lab.host, lab.plan, {}, 0x12345678};
    for (const auto* setup : {"bind-ndr32-ndr64-btfn", "alter-context-ndr32"})
        connection.on_bytes(rpc_pdu(setup), lab.clock);
    const ByteVector sent = sent_bytes(connection.on_bytes(rpc_pdu("request" + suffix), lab.clock));

    const auto pdu = dcerpc::decode_pdu(sent);
    REQUIRE(pdu);
    REQUIRE(pdu->response() != nullptr);
    kms::Codec codec{kms::lab_profile()};
    const kms::Request request = codec.decode_request(bytes_of(message, "request"));
    const KmsAnswer answer =
        judge_answer(codec, request, pdu->stub(), syntax == "ndr32" ? dcerpc::Syntax::ndr32 : dcerpc::Syntax::ndr64,
                     std::endian::little);
    REQUIRE(answer.verdict == KmsVerdict::not_enough_count);
    CHECK(answer.response->base->count == 1);
    for (const auto& check : kms::response_check_table)
        CHECK(answer.response->checks.*check.member != CheckResult::failed);
    REQUIRE(lab.events.size() == 1);
    const auto& fields = message.at("request_fields").as_object();
    CHECK(lab.events[0].workstation_name == text_of(fields, "workstation_name"));
    CHECK(to_string(lab.events[0].client_machine_id) == text_of(fields, "client_machine_id"));
    CHECK(lab.events[0].license_status == number_of(fields, "license_status"));
}

TEST_CASE("vectors: a refusal is that of other hosts, byte for byte", "[session][vectors]") {
    const std::string syntax = GENERATE("ndr32", "ndr64");
    Lab lab{{.keys = {{"office2010"}}}};
    const kms::BaseRequest asked = base_request_of(message_case(6, "win10-even"));
    lab.clock = to_timestamp(asked.client_time_filetime);
    HostConnection connection{*lab.host, lab.plan, {}, 1};
    for (const auto* setup : {"bind-ndr32-ndr64-btfn", "alter-context-ndr32"})
        connection.on_bytes(rpc_pdu(setup), lab.clock);
    const ByteVector sent = sent_bytes(connection.on_bytes(rpc_pdu("request-v6-" + syntax + "-win10-even"), lab.clock));
    const ByteVector vector = rpc_pdu("response-error-" + syntax + "-c004f042");
    const auto got = dcerpc::decode_pdu(sent);
    const auto expected = dcerpc::decode_pdu(vector);
    REQUIRE(got);
    CHECK(to_hex(got->stub()) == to_hex(expected->stub()));
    CHECK(got->header.frag_length == expected->header.frag_length);
}

TEST_CASE("vectors: an altered answer is turned down for what was altered", "[session][vectors]") {
    kms::Codec codec{kms::lab_profile()};
    std::size_t rejected_count = 0;
    for (const auto& value : vector_file("response_checks.json").at("cases").as_array()) {
        const auto& c = value.as_object();
        CAPTURE(text_of(c, "id"));
        if (c.contains("disputed")) continue;
        const kms::Request request = codec.decode_request(bytes_of(c, "request"));
        const ByteVector stub = dcerpc::encode_response_stub(bytes_of(c, "response"), 0, dcerpc::Syntax::ndr32);
        const KmsAnswer answer = judge_answer(codec, request, stub, dcerpc::Syntax::ndr32, std::endian::little);
        const auto& expected = c.at("expected_checks").as_object();
        bool turned_down = false;
        for (const auto& check : kms::response_check_table) {
            const auto* passed = expected.if_contains(check.key);
            if (check.decides && passed != nullptr && !passed->as_bool()) turned_down = true;
        }
        const auto* decrypted = expected.if_contains("decrypt");
        if (decrypted != nullptr && !decrypted->as_bool()) {
            CHECK(answer.verdict == KmsVerdict::protected_answer);
        } else {
            CHECK((answer.verdict == KmsVerdict::rejected) == turned_down);
        }
        rejected_count += turned_down ? 1 : 0;
    }
    CHECK(rejected_count > 10);
}
