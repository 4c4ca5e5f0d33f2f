#include <catch2/catch.hpp>

#include "tests/session/lab.h"

// Binds that are made longer than they need be.

using namespace diag;
using namespace diag::session;
using namespace diag::test;

namespace {

ByteVector encoded(std::size_t min_size) { return dcerpc::encode_pdu(make_bind({.min_bind_size = min_size})); }

}  // namespace

TEST_CASE("bind: it is at least as long as asked, by less than one syntax more, and decodes", "[session][client]") {
    const std::size_t usual_size = encoded(0).size();
    CHECK(usual_size == 160);  // header 16, bind 12, three contexts of 44
    for (std::size_t size = usual_size; size <= 5000; size += 7) {
        CAPTURE(size);
        const ByteVector bytes = encoded(size);
        REQUIRE(bytes.size() >= size);
        REQUIRE(bytes.size() < size + 20);
        const auto pdu = dcerpc::decode_pdu(bytes);
        REQUIRE(pdu);
        REQUIRE(pdu->header.frag_length == bytes.size());
        REQUIRE(pdu->bind() != nullptr);
        REQUIRE(pdu->bind()->contexts.size() == 3);
        for (const auto& syntax : pdu->bind()->contexts[0].transfer_syntaxes)
            REQUIRE(syntax.uuid == dcerpc::ndr32_syntax_id);
    }
}

TEST_CASE("bind: a count of syntaxes is one byte, so there is a longest bind", "[session][client]") {
    const ByteVector longest = encoded(100'000);
    CHECK(longest.size() == 160 + 254 * 20);
    CHECK(dcerpc::decode_pdu(longest));
}

TEST_CASE("bind: the reference host answers long ones as it answers the usual", "[session][client]") {
    for (const std::size_t size : {0U, 161U, 180U, 536U, 1460U, 5200U}) {
        CAPTURE(size);
        Lab lab;
        KmsClient client{{.min_bind_size = size}, kms::lab_profile(), counting_bytes()};
        lab.run(client);
        REQUIRE_FALSE(client.rpc().steps.empty());
        const RpcStep& step = client.rpc().steps.front();
        CHECK(name_of(step.end) == "answered");
        CHECK(step.pdus.front().bytes.size() >= size);
        CHECK(step.bind_answer->results.size() == 3);
        CHECK(lab.events.empty());
    }
}
