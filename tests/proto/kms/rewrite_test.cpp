#include <catch2/catch.hpp>

#include "tests/proto/kms/kms_vectors.h"

using namespace diag;
using namespace diag::kms;
using namespace diag::test;

namespace {

const Uuid other_id = Uuid::parse("11112222-3333-4444-8555-666677778888").value();

BaseRequest with_other_names(BaseRequest base) {
    base.client_machine_id = other_id;
    REQUIRE(base.set_workstation_text("other"));
    return base;
}

// Another id where it was the one of the request, as a rewriting of both does.
std::function<void(Codec::Identity&)> other_identity(const Uuid& asked) {
    return [asked](Codec::Identity& identity) {
        for (auto& byte : identity.epid) byte = byte == '0' ? '9' : byte;
        if (identity.client_machine_id == asked) identity.client_machine_id = other_id;
        identity.hwid = {8, 7, 6, 5, 4, 3, 2, 1};
    };
}

void require_same_checks(const Response& after, const Response& before) {
    for (const ResponseCheck& check : response_check_table) {
        CAPTURE(check.key);
        CHECK(name_of(after.checks.*check.member) == name_of(before.checks.*check.member));
    }
    CHECK(after.checks.hmac_slot_offset == before.checks.hmac_slot_offset);
    CHECK(after.body == before.body);
    CHECK(after.mac == before.mac);
    CHECK(after.message_size == before.message_size);
    CHECK(after.salt == before.salt);
}

}  // namespace

TEST_CASE("rewrite: every altered response of the vectors keeps the result of each check", "[kms][rewrite]") {
    Codec codec{lab_profile()};
    std::size_t rewritten_count = 0;
    for (const auto& element : vector_file("response_checks.json").at("cases").as_array()) {
        const auto& c = element.as_object();
        CAPTURE(text_of(c, "id"));
        const ByteVector request_bytes = bytes_of(c, "request"), response_bytes = bytes_of(c, "response");
        const Request request = codec.decode_request(request_bytes);
        const Response response = codec.decode_response(response_bytes, &request);
        REQUIRE(request.base);
        const ByteVector asked = codec.rewrite_request(request_bytes, request, with_other_names(*request.base));
        const Request request_after = codec.decode_request(asked);
        CHECK(asked.size() == request_bytes.size());
        CHECK(request_after.mac == request.mac);
        CHECK(request_after.salt_decrypted == request.salt_decrypted);
        REQUIRE(request_after.base);
        CHECK(*request_after.base == with_other_names(*request.base));
        if (!response.base) continue;
        ++rewritten_count;
        const ByteVector answered =
            codec.rewrite_response(response_bytes, response, other_identity(request.base->client_machine_id));
        CHECK(answered.size() == response_bytes.size());
        CHECK(answered != response_bytes);
        const Response after = codec.decode_response(answered, &request_after);
        require_same_checks(after, response);
        REQUIRE(after.base);
        CHECK(after.base->epid_text().find('0') == std::string::npos);
        CHECK(after.base->count == response.base->count);
        if (response.hwid()) CHECK(*after.hwid() == FixedBytes<8>{8, 7, 6, 5, 4, 3, 2, 1});
    }
    CHECK(rewritten_count > 20);
}

TEST_CASE("rewrite: with the same names a right message comes out byte for byte", "[kms][rewrite]") {
    Codec codec{lab_profile()};
    for (const MessageVector& vector : message_vectors()) {
        CAPTURE(vector.name);
        const Request request = codec.decode_request(vector.request);
        const Response response = codec.decode_response(vector.response, &request);
        REQUIRE(request.base);
        REQUIRE(response.base);
        CHECK(codec.rewrite_request(vector.request, request, *request.base) == vector.request);
        CHECK(codec.rewrite_response(vector.response, response, [](Codec::Identity&) {}) == vector.response);
    }
}

TEST_CASE("rewrite: a MAC or tag that was wrong is wrong by other bytes", "[kms][rewrite]") {
    Codec codec{lab_profile()};
    for (MessageVector& vector : message_vectors()) {
        CAPTURE(vector.name);
        Request request = codec.decode_request(vector.request);
        if (request.version.major != 4) continue;
        vector.request.back() ^= 1U;
        request = codec.decode_request(vector.request);
        CHECK(request.mac == Mac::mismatch);
        const ByteVector after = codec.rewrite_request(vector.request, request, *request.base);
        CHECK(codec.decode_request(after).mac == Mac::mismatch);
        CHECK(codec.decode_request(after).mac_bytes != request.mac_bytes);
    }
}

TEST_CASE("rewrite: bytes behind the fields are not kept", "[kms][rewrite]") {
    Codec codec{lab_profile()};
    for (const MessageVector& vector : message_vectors()) {
        CAPTURE(vector.name);
        const Request request = codec.decode_request(vector.request);
        if (request.version.major != 4) continue;
        ByteVector longer = vector.response;
        for (const char c : std::string_view{"secret"}) longer.push_back(static_cast<std::uint8_t>(c));
        const Response response = codec.decode_response(longer, &request);
        const ByteVector after = codec.rewrite_response(longer, response, [](Codec::Identity&) {});
        REQUIRE(after.size() == longer.size());
        CHECK(std::equal(vector.response.begin(), vector.response.end(), after.begin()));
        CHECK(std::all_of(after.end() - 6, after.end(), [](std::uint8_t b) { return b == 0; }));
    }
}
