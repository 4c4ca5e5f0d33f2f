#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"
#include "libdiag/proto/kms/aes_v6.h"
#include "tests/proto/kms/kms_vectors.h"
#include "tests/support/exact_buffer.h"

using namespace diag;
using namespace diag::kms;
using namespace diag::test;

namespace {

constexpr MinorMajor generated_versions[] = {{0, 4}, {1, 4}, {0, 5},      {3, 5}, {0, 6},
                                             {1, 6}, {0, 7}, {0, 0xFFFF}, {0, 3}, {9, 0}};

// Plaintext of our own under the lab key: what a host with any fault at all could send.
ByteVector seal_v6(MinorMajor outer, const Block& salt, Bytes plaintext, bool with_padding = true) {
    ByteVector padded{plaintext.begin(), plaintext.end()};
    if (with_padding) {
        const std::size_t n = block_size - padded.size() % block_size;
        padded.insert(padded.end(), n, static_cast<std::uint8_t>(n));
    }
    ByteVector sealed(padded.size());
    make_aes_v6(*lab_profile().v6).encrypt_cbc(salt, padded, sealed);
    Writer w;
    w.u16(outer.minor);
    w.u16(outer.major);
    w.bytes(salt);
    w.bytes(sealed);
    return w.take();
}

ByteVector base_bytes(const BaseRequest& base) {
    Writer w;
    encode_base_request(w, base);
    return w.take();
}

}  // namespace

TEST_CASE("codec: the built-in lab profile has the keys of the vectors", "[kms][keys]") {
    const KeyProfile built_in = lab_profile(), wanted = lab_keys_of_vectors();
    CHECK(built_in.name == "lab");
    CHECK(built_in.v4 == wanted.v4);
    CHECK(built_in.v5 == wanted.v5);
    CHECK(built_in.v6 == wanted.v6);
}

TEST_CASE("codec: decode(encode(x)) == x for requests of every version", "[kms][codec]") {
    Random random{52};
    for (const AesPath path : aes_paths()) {
        Codec codec{lab_profile(), path};
        for (const MinorMajor version : generated_versions) {
            for (int i = 0; i < 50; ++i) {
                CAPTURE(version.major, version.minor, i);
                const BaseRequest base = random_request(random, version);
                const Block salt = random_bytes<16>(random);
                const auto message = codec.encode_request(base, salt);
                REQUIRE(message);
                CHECK(message->size() == (version.major <= 4 ? v4_request_size : v5_request_size));
                const Request request = codec.decode_request(ExactBuffer{*message});
                REQUIRE(request.base);
                CHECK(*request.base == base);
                CHECK(request.version == version);
                if (version.major > 4) CHECK(request.salt == salt);
            }
        }
    }
}

TEST_CASE("codec: decode(encode(x)) == x for responses of every version, and all checks pass", "[kms][codec]") {
    Random random{53};
    for (const AesPath path : aes_paths()) {
        Codec codec{lab_profile(), path};
        for (const MinorMajor version : generated_versions) {
            for (int i = 0; i < 50; ++i) {
                CAPTURE(version.major, version.minor, i);
                const BaseResponse base = random_response(random, version);
                BaseRequest asked = random_request(random, version);
                asked.client_machine_id = base.client_machine_id;
                asked.client_time_filetime = base.client_time_filetime;
                const ResponseSalts salts{.request_salt = random_bytes<16>(random),
                                          .random = random_bytes<16>(random),
                                          .salt = random_bytes<16>(random),
                                          .hwid = random_bytes<8>(random)};
                const Request request = codec.decode_request(*codec.encode_request(asked, salts.request_salt));
                const auto message = codec.encode_response(base, salts);
                REQUIRE(message);
                const Response response = codec.decode_response(ExactBuffer{*message}, &request);
                REQUIRE(response.base);
                CHECK(*response.base == base);
                if (version.major >= 6) CHECK(response.hwid() == salts.hwid);
                std::size_t passed_count = 0;
                for (const ResponseCheck& check : response_check_table) {
                    CAPTURE(check.key);
                    CHECK(response.checks.*check.member != CheckResult::failed);
                    passed_count += response.checks.*check.member == CheckResult::passed;
                }
                CHECK(passed_count == (version.major <= 4 ? 6U : version.major == 5 ? 8U : 10U));  // protocol.md 8.1
            }
        }
    }
}

TEST_CASE("codec: every proper prefix of a message is refused, none is read past", "[kms][codec]") {
    Codec codec{lab_profile()};
    for (const auto& v : message_vectors()) {
        const Request whole = codec.decode_request(v.request);
        for (std::size_t n = 0; n < v.request.size(); ++n) {
            CAPTURE(v.name, n);
            const ExactBuffer cut{v.request, n};
            const Request request = codec.decode_request(cut);
            CHECK(request.body == Body::absent);
            CHECK_FALSE(request.base);
            CHECK(request.message_size == n);
            CHECK(request.has_version() == (n >= 4));
        }
        for (std::size_t n = 0; n < v.response.size(); ++n) {
            CAPTURE(v.name, n);
            const ExactBuffer cut{v.response, n};
            const Response response = codec.decode_response(cut, &whole);
            CHECK((response.body == Body::absent || response.body == Body::protected_));
            CHECK_FALSE(response.base);
            if (whole.version.major == 4) CHECK(response.body == Body::absent);
            CHECK(response.checks.client_machine_id == CheckResult::not_checked);
        }
    }
}

TEST_CASE("codec: under another key a message stays closed and nothing of it is guessed", "[kms][codec]") {
    Random random{77};
    Codec lab{lab_profile()}, other{other_profile()};
    for (int i = 0; i < 4000; ++i) {  // right padding alone happens once in 256 times
        const MinorMajor version{.minor = 0, .major = static_cast<std::uint16_t>(5 + i % 3)};
        const Block salt = random_bytes<16>(random);
        const Request request = other.decode_request(*lab.encode_request(random_request(random, version), salt));
        CHECK(request.body == Body::protected_);
        CHECK_FALSE(request.base);
        CHECK(request.version == version);
        CHECK(request.salt == salt);
        const auto message = lab.encode_response(
            random_response(random, version),
            {.request_salt = salt, .random = random_bytes<16>(random), .salt = random_bytes<16>(random)});
        const Response response = other.decode_response(*message, &request);
        CHECK(response.body == Body::protected_);
        CHECK_FALSE(response.base);
        CHECK_FALSE(response.hwid());
        CHECK(response.checks.decrypt == CheckResult::failed);
        CHECK(response.checks.hash == CheckResult::not_checked);
    }
}

TEST_CASE("codec: version 4 is readable under any key, and its MAC says so when it does not fit", "[kms][codec]") {
    Random random{4};
    Codec lab{lab_profile()}, other{other_profile()};
    const BaseRequest base = random_request(random, {0, 4});
    const Request request = other.decode_request(*lab.encode_request(base, {}));
    CHECK(request.body == Body::clear);
    CHECK(request.mac == Mac::mismatch);
    CHECK(request.base == base);
    const BaseResponse answer = random_response(random, {0, 4});
    const Response response = other.decode_response(*lab.encode_response(answer, {}), nullptr);
    CHECK(response.body == Body::clear);
    CHECK(response.mac == Mac::mismatch);
    CHECK(response.base == answer);
}

TEST_CASE("codec: surplus bytes behind a version 4 request are ignored", "[kms][codec]") {
    Random random{44};
    Codec codec{lab_profile()};
    auto message = *codec.encode_request(random_request(random, {0, 4}), {});
    message.insert(message.end(), 6, 0);
    const Request request = codec.decode_request(message);
    CHECK(request.body == Body::clear);
    CHECK(request.mac == Mac::verified);
}

TEST_CASE("codec: majors below 4 count only when their MAC verifies", "[kms][codec]") {
    Random random{3};
    Codec codec{lab_profile()};
    for (const auto major : std::initializer_list<std::uint16_t>{0, 1, 3}) {
        auto message = *codec.encode_request(random_request(random, {0, major}), {});
        CHECK(codec.decode_request(message).body == Body::clear);
        message[100] ^= 1;
        const Request changed = codec.decode_request(message);
        CHECK(changed.body == Body::unknown);
        CHECK_FALSE(changed.base);
        CHECK_FALSE(changed.body_protected());

        auto answer = *codec.encode_response(random_response(random, {0, major}), {});
        CHECK(codec.decode_response(answer).body == Body::clear);
        answer.back() ^= 1;
        CHECK(codec.decode_response(answer).body == Body::unknown);
        CHECK_FALSE(codec.decode_response(answer).base);
    }
}

TEST_CASE("codec: a version 6 request opens only when padding, size and inner version agree", "[kms][codec]") {
    Random random{60};
    Codec codec{lab_profile()};
    const MinorMajor v6{0, 6};
    const Block salt = random_bytes<16>(random);
    const auto plaintext = base_bytes(random_request(random, v6));
    CHECK(codec.decode_request(seal_v6(v6, salt, plaintext)).body == Body::opened);

    const auto other_version = base_bytes(random_request(random, {1, 6}));
    CHECK(codec.decode_request(seal_v6(v6, salt, other_version)).body == Body::protected_);

    auto longer = plaintext;
    longer.insert(longer.end(), 16, 0);
    CHECK(codec.decode_request(seal_v6(v6, salt, longer)).body == Body::protected_);

    for (const auto bad : std::initializer_list<std::uint8_t>{0, 3, 5, 17, 255}) {  // four bytes of 4 are right
        CAPTURE(bad);
        auto padded = plaintext;
        padded.insert(padded.end(), {4, 4, 4, bad});
        CHECK(codec.decode_request(seal_v6(v6, salt, padded, false)).body == Body::protected_);
    }
    auto uneven = plaintext;
    uneven.insert(uneven.end(), {4, 4, 5, 4});
    CHECK(codec.decode_request(seal_v6(v6, salt, uneven, false)).body == Body::protected_);

    auto odd_size = seal_v6(v6, salt, plaintext);
    odd_size.push_back(0);
    const Request closed = codec.decode_request(odd_size);
    CHECK(closed.body == Body::protected_);
    CHECK(closed.salt_decrypted);  // salts are compared even when the body is not what it should be
}

TEST_CASE("codec: a lying ePID size never leads out of the plaintext", "[kms][codec]") {
    Random random{81};
    Codec codec{lab_profile()};
    const BaseResponse base = random_response(random, {0, 6});
    for (const std::uint32_t lie : {0U, 1U, 126U, 128U, 130U, 4096U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
        CAPTURE(lie);
        Writer w;
        REQUIRE(encode_base_response(w, base));
        w.zeros(16 + 32 + 8 + 16 + 16);
        w.patch_u32(4, lie);
        const auto message = seal_v6({0, 6}, random_bytes<16>(random), w.view());
        const Response sealed = codec.decode_response(ExactBuffer{message});
        if (lie != base.epid_size) CHECK(sealed.body == Body::protected_);

        Writer clear;
        REQUIRE(encode_base_response(clear, random_response(random, {0, 4})));
        clear.zeros(mac_size);
        clear.patch_u32(4, lie);
        const Response signed_response = codec.decode_response(ExactBuffer{clear.view()});
        if (lie > clear.size() - base_response_fixed_size - mac_size) CHECK(signed_response.body == Body::absent);
    }
}

TEST_CASE("codec: an ePID beyond 128 bytes is cut for display and the fields behind it still decode", "[kms][codec]") {
    Random random{128};
    Codec codec{lab_profile()};
    const BaseResponse base = random_response(random, {0, 4});
    Writer tail;
    REQUIRE(encode_base_response(tail, base));
    Writer w;
    w.u16(0);
    w.u16(4);
    w.u32(400);
    for (int i = 0; i < 200; ++i) w.u16('7');
    w.bytes(Bytes{tail.view()}.last(base_response_fixed_size - 8));
    w.zeros(mac_size);
    const Response response = codec.decode_response(ExactBuffer{w.view()});
    REQUIRE(response.base);
    CHECK(response.base->epid_size == 400);
    CHECK(response.base->epid_text() == std::string(64, '7'));
    CHECK(response.base->client_machine_id == base.client_machine_id);
    CHECK(response.base->count == base.count);
    CHECK(response.base->renewal_interval_minutes == base.renewal_interval_minutes);
    CHECK(response.checks.epid_length == CheckResult::failed);
    CHECK(response.checks.size == CheckResult::passed);
    const auto encoded = codec.encode_response(*response.base, {});
    REQUIRE_FALSE(encoded);
    CHECK(encoded.error().kind == WireError::Kind::limit);
}

TEST_CASE("codec: a response with bytes behind its tag is opened, and its size fails", "[kms][codec]") {
    Random random{9};
    Codec codec{lab_profile()};
    const auto& c = with_id(vector_file("v6_messages.json").at("cases"), "win10-even");
    auto plaintext = bytes_of(c, "response_plaintext_unpadded");
    plaintext.insert(plaintext.end(), 5, 0xAA);
    const Response response = codec.decode_response(seal_v6({0, 6}, fixed_of<16>(c, "response_salt"), plaintext));
    CHECK(response.body == Body::opened);
    CHECK(response.checks.size == CheckResult::failed);
    CHECK(response.checks.hmac == CheckResult::passed);
}

TEST_CASE("codec: messages far larger than any answer stay closed", "[kms][codec]") {
    Random random{10};
    Codec codec{lab_profile()};
    for (const auto major : std::initializer_list<std::uint16_t>{5, 6}) {
        auto message = random_bytes(random, 20 + 16 * 4096);
        message[0] = message[1] = message[3] = 0;
        message[2] = static_cast<std::uint8_t>(major);
        CHECK(codec.decode_request(message).body == Body::protected_);
        CHECK(codec.decode_response(message).body == Body::protected_);
    }
}

TEST_CASE("codec: random bytes are never taken for an encrypted message", "[kms][codec]") {
    Random random{11};
    Codec codec{lab_profile()};
    for (int i = 0; i < 20000; ++i) {
        auto message = random_bytes(random, random() % 330);
        if (message.size() >= 4) message[2] = static_cast<std::uint8_t>(5 + i % 3), message[3] = 0;
        CHECK_FALSE(codec.decode_request(ExactBuffer{message}).base);
        CHECK_FALSE(codec.decode_response(ExactBuffer{message}).base);
    }
}

TEST_CASE("texts: what does not fit 63 units is refused and changes nothing", "[kms][codec]") {
    BaseRequest request;
    REQUIRE(request.set_workstation_text("ws-1"));
    CHECK_FALSE(request.set_workstation_text(std::string(64, 'x')));
    CHECK(request.workstation_text() == "ws-1");
    REQUIRE(request.set_workstation_text(std::string(63, 'x')));
    CHECK(request.workstation_text() == std::string(63, 'x'));
    for (std::size_t i = 0; i < 128; i += 2) request.workstation_name[i] = 'y';  // no NUL at all
    CHECK(request.workstation_text() == std::string(64, 'y'));
    BaseResponse response;
    REQUIRE(response.set_epid_text("a"));
    CHECK(response.epid_size == 4);
    CHECK_FALSE(response.set_epid_text(std::string(64, 'x')));
    CHECK(response.epid_text() == "a");
}

TEST_CASE("codec: an answer with a proof of choice fails that check alone", "[kms][codec]") {
    const auto major = GENERATE(as<std::uint16_t>{}, 5, 6);
    const std::string name = major == 5 ? "v5_messages.json#win10-even" : "v6_messages.json#win10-even";
    Codec codec{lab_profile()};
    for (const test::MessageVector& v : test::message_vectors()) {
        if (v.name != name) continue;
        const Request request = codec.decode_request(v.request);
        const Response right = codec.decode_response(v.response, &request);
        CHECK(codec.encode_response(*right.base, *right.salt, *right.proofs) == v.response);
        Proofs wrong = *right.proofs;
        wrong.random_hash[31] ^= 1;
        if (major == 6) wrong.tag = *codec.make_tag(*right.base, *right.salt, wrong);
        const auto message = codec.encode_response(*right.base, *right.salt, wrong);
        REQUIRE(message);
        const Response got = codec.decode_response(*message, &request);
        REQUIRE(got.body == Body::opened);
        for (const ResponseCheck& check : response_check_table) {
            CAPTURE(check.key);
            CHECK((got.checks.*check.member == CheckResult::failed) == (check.key == "hash"));
        }
        return;
    }
    FAIL("no such vector");
}
