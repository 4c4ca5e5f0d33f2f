#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"
#include "tests/proto/kms/kms_vectors.h"

using namespace diag;
using namespace diag::kms;
using namespace diag::test;

namespace {

MinorMajor version_of(const boost::json::object& fields) {
    return {.minor = static_cast<std::uint16_t>(number_of(fields, "version_minor")),
            .major = static_cast<std::uint16_t>(number_of(fields, "version_major"))};
}

void check_request_fields(const BaseRequest& base, const boost::json::object& fields) {
    CHECK(base.version == version_of(fields));
    CHECK(base.virtual_machine == number_of(fields, "virtual_machine"));
    CHECK(base.license_status == number_of(fields, "license_status"));
    CHECK(base.binding_expiration_minutes == number_of(fields, "binding_expiration_minutes"));
    CHECK(to_string(base.application_id) == text_of(fields, "application_id"));
    CHECK(to_string(base.activation_id) == text_of(fields, "activation_id"));
    CHECK(to_string(base.kms_id) == text_of(fields, "kms_id"));
    CHECK(to_string(base.client_machine_id) == text_of(fields, "client_machine_id"));
    CHECK(base.required_client_count == number_of(fields, "required_client_count"));
    CHECK(base.client_time_filetime.ticks == number_of(fields, "client_time_filetime"));
    CHECK(to_string(base.previous_client_machine_id) == text_of(fields, "previous_client_machine_id"));
    CHECK(base.workstation_text() == text_of(fields, "workstation_name"));
}

void check_response_fields(const BaseResponse& base, const boost::json::object& fields) {
    CHECK(base.version == version_of(fields));
    CHECK(base.epid_text() == text_of(fields, "epid"));
    CHECK(base.epid_size == number_of(fields, "epid_byte_length"));
    CHECK(to_string(base.client_machine_id) == text_of(fields, "client_machine_id"));
    CHECK(base.client_time_filetime.ticks == number_of(fields, "client_time_filetime"));
    CHECK(base.count == number_of(fields, "count"));
    CHECK(base.activation_interval_minutes == number_of(fields, "activation_interval_minutes"));
    CHECK(base.renewal_interval_minutes == number_of(fields, "renewal_interval_minutes"));
}

BaseRequest request_from(const boost::json::object& fields) {
    BaseRequest base{
        .version = version_of(fields),
        .virtual_machine = static_cast<std::uint32_t>(number_of(fields, "virtual_machine")),
        .license_status = static_cast<std::uint32_t>(number_of(fields, "license_status")),
        .binding_expiration_minutes = static_cast<std::uint32_t>(number_of(fields, "binding_expiration_minutes")),
        .application_id = *Uuid::parse(text_of(fields, "application_id")),
        .activation_id = *Uuid::parse(text_of(fields, "activation_id")),
        .kms_id = *Uuid::parse(text_of(fields, "kms_id")),
        .client_machine_id = *Uuid::parse(text_of(fields, "client_machine_id")),
        .required_client_count = static_cast<std::uint32_t>(number_of(fields, "required_client_count")),
        .client_time_filetime = {number_of(fields, "client_time_filetime")},
        .previous_client_machine_id = *Uuid::parse(text_of(fields, "previous_client_machine_id"))};
    REQUIRE(base.set_workstation_text(text_of(fields, "workstation_name")));
    return base;
}

BaseResponse response_from(const boost::json::object& fields) {
    BaseResponse base{
        .version = version_of(fields),
        .client_machine_id = *Uuid::parse(text_of(fields, "client_machine_id")),
        .client_time_filetime = {number_of(fields, "client_time_filetime")},
        .count = static_cast<std::uint32_t>(number_of(fields, "count")),
        .activation_interval_minutes = static_cast<std::uint32_t>(number_of(fields, "activation_interval_minutes")),
        .renewal_interval_minutes = static_cast<std::uint32_t>(number_of(fields, "renewal_interval_minutes"))};
    REQUIRE(base.set_epid_text(text_of(fields, "epid")));
    return base;
}

// Salts as the vector has them; all zero in version 4.
Block salt_or_zero(const boost::json::object& json, std::string_view member) {
    return json.contains(member) ? fixed_of<16>(json, member) : Block{};
}

}  // namespace

TEST_CASE("messages: the vectors decode to their fields", "[kms][codec]") {
    for (const AesPath path : aes_paths()) {
        Codec codec{lab_profile(), path};
        for (const auto& v : message_vectors()) {
            CAPTURE(v.name, static_cast<int>(path));
            const Request request = codec.decode_request(v.request);
            REQUIRE(request.base);
            check_request_fields(*request.base, v.json->at("request_fields").as_object());
            CHECK(request.message_size == v.request.size());
            const Response response = codec.decode_response(v.response, &request);
            REQUIRE(response.base);
            check_response_fields(*response.base, v.json->at("response_fields").as_object());
            CHECK(response.message_size == v.response.size());
            const bool is_v4 = request.version.major == 4;
            CHECK(request.body == (is_v4 ? Body::clear : Body::opened));
            CHECK(response.body == (is_v4 ? Body::clear : Body::opened));
            CHECK(request.mac == (is_v4 ? Mac::verified : Mac::not_checked));
            CHECK(response.mac == (is_v4 ? Mac::verified : Mac::not_checked));
        }
    }
}

TEST_CASE("messages: salts and proofs are where the vectors have them", "[kms][codec]") {
    Codec codec{lab_profile()};
    for (const auto& v : message_vectors()) {
        CAPTURE(v.name);
        const Request request = codec.decode_request(v.request);
        const Response response = codec.decode_response(v.response, &request);
        if (request.version.major == 4) {
            CHECK(to_hex(request.mac_bytes) == text_of(*v.json, "request_mac"));
            CHECK(to_hex(response.mac_bytes) == text_of(*v.json, "response_mac"));
            CHECK_FALSE(request.salt);
            CHECK_FALSE(response.hwid());
            continue;
        }
        REQUIRE(request.salt_decrypted);
        CHECK(to_hex(*request.salt) == text_of(*v.json, "request_salt"));
        CHECK(to_hex(*request.salt_decrypted) == text_of(*v.json, "request_salt_decrypted"));
        CHECK(to_hex(*response.salt) == text_of(*v.json, "response_salt"));
        CHECK((response.proofs->masked_random ^ *request.salt_decrypted) == fixed_of<16>(*v.json, "random_salt"));
        if (request.version.major != 6) continue;
        REQUIRE(response.hwid());
        CHECK(to_upper_hex(*response.hwid()) == text_of(*v.json, "hwid"));
        CHECK(to_hex(response.proofs->tag) == text_of(*v.json, "hmac_tag"));
        CHECK(response.proofs->request_salt == *request.salt_decrypted);
        CHECK(response.checks.hmac_slot_offset == 0);
    }
}

TEST_CASE("messages: encoding the fields of the vectors gives their bytes", "[kms][codec]") {
    for (const AesPath path : aes_paths()) {
        Codec codec{lab_profile(), path};
        for (const auto& v : message_vectors()) {
            CAPTURE(v.name, static_cast<int>(path));
            const Block request_salt = salt_or_zero(*v.json, "request_salt");
            const auto request =
                codec.encode_request(request_from(v.json->at("request_fields").as_object()), request_salt);
            REQUIRE(request);
            CHECK(to_hex(*request) == to_hex(v.request));
            ResponseSalts salts{.request_salt = request_salt,
                                .random = salt_or_zero(*v.json, "random_salt"),
                                .salt = salt_or_zero(*v.json, "response_salt")};
            if (v.json->contains("hwid")) salts.hwid = fixed_of<8>(*v.json, "hwid");
            const auto response =
                codec.encode_response(response_from(v.json->at("response_fields").as_object()), salts);
            REQUIRE(response);
            CHECK(to_hex(*response) == to_hex(v.response));
        }
    }
}

TEST_CASE("messages: base structures of the vectors decode and encode to themselves", "[kms][codec]") {
    for (const auto& v : message_vectors()) {
        CAPTURE(v.name);
        const auto request_bytes = bytes_of(*v.json, "base_request");
        Reader request_reader{request_bytes};
        const auto request = decode_base_request(request_reader);
        REQUIRE(request);
        CHECK(*request == request_from(v.json->at("request_fields").as_object()));
        Writer w;
        encode_base_request(w, *request);
        CHECK(w.view() == request_bytes);

        const auto response_bytes = bytes_of(*v.json, "base_response");
        Reader response_reader{response_bytes};
        const auto response = decode_base_response(response_reader);
        REQUIRE(response);
        CHECK(response_reader.remaining() == 0);
        CHECK(*response == response_from(v.json->at("response_fields").as_object()));
        Writer w2;
        REQUIRE(encode_base_response(w2, *response));
        CHECK(w2.view() == response_bytes);
    }
}

TEST_CASE("messages: a profile without keys leaves versions 5 and 6 closed and version 4 readable", "[kms][codec]") {
    Codec codec{KeyProfile{.name = "none"}};
    for (const auto& v : message_vectors()) {
        CAPTURE(v.name);
        const Request request = codec.decode_request(v.request);
        const Response response = codec.decode_response(v.response, &request);
        const bool is_v4 = request.version.major == 4;
        CHECK(request.body == (is_v4 ? Body::clear : Body::protected_));
        CHECK(response.body == (is_v4 ? Body::clear : Body::protected_));
        CHECK(request.base.has_value() == is_v4);
        CHECK(request.mac == Mac::not_checked);
        CHECK(response.checks.mac == CheckResult::not_checked);
        CHECK(response.checks.decrypt == CheckResult::not_checked);
        CHECK_FALSE(request.salt_decrypted);
        const auto encoded = codec.encode_request(BaseRequest{.version = request.version}, Block{});
        REQUIRE_FALSE(encoded);
        CHECK(encoded.error().field == "key profile");
        CHECK_FALSE(codec.encode_response(BaseResponse{.version = request.version}, {}));
    }
}
