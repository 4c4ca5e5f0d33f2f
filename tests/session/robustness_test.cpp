#include <catch2/catch.hpp>

#include <random>

#include "tests/session/lab.h"
#include "tests/support/exact_buffer.h"

// Both ends against peers that damage what they send.

using namespace diag;
using namespace diag::session;
using namespace diag::test;

namespace {

// Changes, drops or repeats a few bytes.
ByteVector damaged(ByteVector bytes, std::mt19937& random) {
    for (unsigned i = 0, count = 1 + random() % 4; i < count && !bytes.empty(); ++i) {
        const auto at = static_cast<std::ptrdiff_t>(random() % bytes.size());
        switch (random() % 4) {
            case 0: bytes.erase(bytes.begin() + at); break;
            case 1: bytes.insert(bytes.begin() + at, static_cast<std::uint8_t>(random())); break;
            default: bytes[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(random());
        }
    }
    return bytes;
}

bool is_whole_pdu(Bytes bytes) {
    const auto pdu = dcerpc::decode_pdu(bytes);
    return pdu && pdu->header.frag_length == bytes.size();
}

}  // namespace

TEST_CASE("robustness: to damaged requests the host says whole PDUs or nothing", "[session][robustness]") {
    std::mt19937 random{1};
    std::size_t answered = 0;
    std::size_t ended = 0;
    Lab lab;
    for (int round = 0; round < 3000; ++round) {
        HostConnection connection{*lab.host, lab.plan, {}, 1};
        for (const auto* id : {"bind-ndr32-ndr64-btfn", "alter-context-ndr32", "request-v6-ndr32-win10-even",
                               "request-v4-ndr64-win10-even"}) {
            const ByteVector good = rpc_pdu(id);
            const ExactBuffer bytes{round % 4 == 0 || random() % 3 == 0 ? damaged(good, random) : good};
            for (const Action& action : connection.on_bytes(bytes, lab.clock)) {
                if (action.kind == Action::Kind::send) {
                    REQUIRE(is_whole_pdu(action.bytes));
                    ++answered;
                }
            }
        }
        ended += connection.has_ended() ? 1 : 0;
    }
    CHECK(answered > 3000);
    CHECK(ended > 100);
}

// Not version 5, whose proofs do not cover the ePID.
TEST_CASE("robustness: a damaged answer never looks like another activation", "[session][robustness]") {
    const auto major = GENERATE(as<std::uint16_t>{}, 4, 6);
    std::mt19937 random{major};
    const auto& message = message_case(major, "win10-even");
    const std::string suffix = "-v" + std::to_string(major) + "-ndr32-win10-even";
    const std::string epid = text_of(message.at("response_fields").as_object(), "epid");
    const kms::BaseRequest request = base_request_of(message);
    const Now now{.steady = {}, .clock = to_timestamp(request.client_time_filetime)};
    const ByteVector salt = major == 4 ? ByteVector(16) : bytes_of(message, "request_salt");
    std::size_t activated = 0;
    for (int round = 0; round < 2000; ++round) {
        KmsClient client{{.offer_ndr64 = false, .offer_btfn = false}, kms::lab_profile(), these_bytes({salt})};
        client.add_request(request);
        client.on_connected(now);
        client.on_received(rpc_pdu("bind-ack-ndr32"), now);
        const ExactBuffer bytes{damaged(rpc_pdu("response" + suffix), random)};
        client.on_received(bytes, now);
        client.on_end(ConnectionEnd::closed, now);
        const KmsAnswer& answer = client.exchanges().at(0).answer;
        if (answer.verdict != KmsVerdict::activated) continue;
        ++activated;  // what was hit says nothing of the message: padding, hints, ids
        REQUIRE(answer.response->base->count == 50);
        REQUIRE(answer.response->base->epid_text() == epid);
    }
    CHECK(activated < 500);
}
