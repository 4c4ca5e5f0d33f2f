#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"
#include "libdiag/proto/dns/decode.h"
#include "libdiag/proto/dns/tsig.h"
#include "libdiag/proto/dns/tsig_key_text.h"
#include "libdiag/wire/writer.h"
#include "tests/support/exact_buffer.h"
#include "tests/support/vectors.h"

// Signed messages of nsupdate and dnspython: tests/vectors/dns_update.json.

using namespace diag;
using namespace diag::test;

namespace {

const boost::json::object& vectors() { return vector_file("dns_update.json"); }

dns::TsigKey key_for(dns::TsigAlgorithm algorithm) {
    const auto& key = vectors().at("key").as_object();
    return {.name = *dns::DomainName::parse(text_of(key, "name")),
            .algorithm = algorithm,
            .secret = bytes_of(key, "secret")};
}
const dns::TsigKey sha256_key = key_for(dns::TsigAlgorithm::hmac_sha256);

Timestamp at_second(std::uint64_t seconds) { return {static_cast<std::int64_t>(seconds) * 1'000'000'000}; }

dns::Message decode(Bytes bytes) {
    dns::Message message;
    REQUIRE(dns::decode_message(bytes, message));
    return message;
}

/// A signed message as it was before it was signed.
ByteVector unsigned_form(Bytes bytes, const dns::Message& message) {
    Writer w{std::endian::big};
    w.bytes(bytes.first(message.additionals.back().place.offset));
    w.patch_u16(10, static_cast<std::uint16_t>(message.header.arcount - 1));
    return w.take();
}

/// "verified", "bad_key" ...: as the vectors have it.
std::string_view word_of(dns::TsigCheck check) {
    switch (check) {
        case dns::TsigCheck::absent: return "absent";
        case dns::TsigCheck::verified: return "verified";
        case dns::TsigCheck::bad_signature: return "bad_signature";
        case dns::TsigCheck::bad_key: return "bad_key";
        case dns::TsigCheck::bad_time: return "bad_time";
        case dns::TsigCheck::unsigned_error: return "unsigned_error";
    }
    return "";
}

struct Exchange {
    const boost::json::object& vector = vectors().at("exchange").as_object();
    Timestamp time = at_second(number_of(vector, "time"));
    ByteVector request_mac = bytes_of(vector, "request_mac");
    ByteVector answer(std::string_view id) const { return bytes_of(with_id(vector.at("answers"), id), "message"); }
    dns::TsigCheck check(Bytes bytes) const {
        return dns::check_tsig(bytes, decode(bytes), sha256_key, request_mac, time);
    }
};

}  // namespace

TEST_CASE("TSIG: signatures with every algorithm are byte for byte those of nsupdate", "[dns][tsig]") {
    for (const auto& row : vectors().at("signed").as_array()) {
        const std::string id = text_of(row.as_object(), "id");
        CAPTURE(id);
        const ByteVector theirs = bytes_of(row.as_object(), "message");
        const dns::Message message = decode(theirs);
        const dns::Tsig* tsig = dns::find_tsig(message);
        REQUIRE(tsig != nullptr);
        const auto algorithm = dns::find_tsig_algorithm(id);
        REQUIRE(algorithm);
        CHECK(to_string(tsig->algorithm) == id);
        const auto ours =
            dns::sign_message(unsigned_form(theirs, message), key_for(*algorithm), at_second(tsig->time_signed));
        REQUIRE(ours);
        CHECK(to_hex(ours->bytes) == to_hex(theirs));
        CHECK(to_hex(ours->mac) == to_hex(tsig->mac));
    }
    CHECK(vectors().at("signed").as_array().size() == 5);
}

TEST_CASE("TSIG: answers of dnspython are what they are", "[dns][tsig]") {
    const Exchange exchange;
    for (const auto& row : exchange.vector.at("answers").as_array()) {
        const auto& answer = row.as_object();
        CAPTURE(text_of(answer, "id"));
        CHECK(word_of(exchange.check(bytes_of(answer, "message"))) == text_of(answer, "check"));
    }
    const ByteVector late = exchange.answer("badtime");
    CHECK(dns::find_tsig(decode(late))->error == dns::rcode::bad_time);
}

TEST_CASE("TSIG: no byte of an answer can change without being found", "[dns][tsig]") {
    const Exchange exchange;
    const ByteVector good = exchange.answer("refused");
    for (std::size_t i = 0; i < good.size(); ++i) {
        ByteVector bytes = good;
        bytes[i] ^= 0x04;
        dns::Message message;
        if (!dns::decode_message(bytes, message)) continue;
        // The id of the message is not covered: it may change on the way (RFC 8945 5.3.2); whoever asked compares it. Upper
        // and lower case are one name.
        CAPTURE(i);
        const auto check = dns::check_tsig(bytes, message, sha256_key, exchange.request_mac, exchange.time);
        if (i < 2) {
            CHECK(check == dns::TsigCheck::verified);
        } else {
            CHECK(check != dns::TsigCheck::verified);
        }
    }
}

TEST_CASE("TSIG: a MAC that is cut is no signature, nor is one that is not last or there twice", "[dns][tsig]") {
    const Exchange exchange;
    const ByteVector good = exchange.answer("done");
    const dns::Message message = decode(good);
    const auto check = [&](auto change) {
        dns::Message changed = message;
        change(changed.additionals);
        const auto bytes = dns::encode_message(changed);
        REQUIRE(bytes);
        return exchange.check(*bytes);
    };
    using Records = std::vector<dns::Record>;
    CHECK(check([](Records&) {}) == dns::TsigCheck::verified);
    CHECK(check([](Records& r) {
              auto& tsig = std::get<dns::Tsig>(r[0].data);
              tsig.mac = tsig.mac.first(16);
          }) == dns::TsigCheck::bad_signature);
    CHECK(check([](Records& r) { r.push_back({.name = {}, .type = dns::type::opt, .data = dns::Opt{}}); }) ==
          dns::TsigCheck::bad_signature);
    CHECK(check([](Records& r) { r.push_back(r[0]); }) == dns::TsigCheck::bad_signature);
    CHECK(check([](Records& r) { r.clear(); }) == dns::TsigCheck::absent);
    CHECK(check([](Records& r) {
              auto& tsig = std::get<dns::Tsig>(r[0].data);
              tsig.mac = {};
              tsig.error = dns::rcode::bad_key;
          }) == dns::TsigCheck::unsigned_error);
    CHECK(check([](Records& r) { std::get<dns::Tsig>(r[0].data).mac = {}; }) == dns::TsigCheck::bad_signature);
}

TEST_CASE("TSIG: every proper prefix is truncated, and a lying inner length is malformed", "[dns][tsig]") {
    const ByteVector whole = Exchange{}.answer("badtime");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const ExactBuffer cut{whole, size};
        dns::Message message;
        CAPTURE(size);
        REQUIRE_FALSE(dns::decode_message(cut, message));
    }
    ByteVector lying = whole;
    lying.at(lying.size() - 7) = 7;  // other_len, of 6 bytes
    dns::Message message;
    const auto done = dns::decode_message(lying, message);
    REQUIRE_FALSE(done);
    CHECK(done.error().kind == WireError::Kind::malformed);
}

TEST_CASE("TSIG: a message that grows too long is not signed", "[dns][tsig]") {
    ByteVector message(dns::max_message_size - 10, 0);
    CHECK_FALSE(dns::sign_message(message, sha256_key, {}));
    CHECK_FALSE(dns::sign_message(Bytes{message}.first(11), sha256_key, {}));
}

// The file is what tsig-keygen of BIND 9.18 prints.
TEST_CASE("TSIG key: the forms of tsig-keygen, dig and ours are the same key", "[dns][tsig]") {
    const auto& key = vectors().at("key").as_object();
    const std::string secret = text_of(key, "secret_base64");
    const std::string texts[] = {
        "key \"kms-update\" {\n\talgorithm hmac-sha256;\n\tsecret \"" + secret + "\";\n};\n",
        "# ours\nkey kms-update { /* either */ secret \"" + secret + "\"; // order\n algorithm HMAC-SHA256; };",
        "kms-update:hmac-sha256:" + secret + "\n",
        "hmac-sha256:kms-update:" + secret,
        "kms-update.:hmac-sha256:" + secret,
    };
    for (const std::string& text : texts) {
        CAPTURE(text);
        const auto parsed = dns::parse_tsig_key(text);
        REQUIRE(parsed);
        CHECK(to_string(parsed->name) == "kms-update");
        CHECK(parsed->algorithm == dns::TsigAlgorithm::hmac_sha256);
        CHECK(to_hex(parsed->secret) == text_of(key, "secret"));
    }
}

TEST_CASE("TSIG key: Base64 of every length is read (RFC 4648 10)", "[dns][tsig]") {
    const std::pair<std::string_view, std::string_view> rows[] = {{"Zg==", "f"},         {"Zm8=", "fo"},
                                                                  {"Zm9v", "foo"},       {"Zm9vYg==", "foob"},
                                                                  {"Zm9vYmE=", "fooba"}, {"Zm9vYmFy", "foobar"}};
    for (const auto& [text, bytes] : rows) {
        const auto key = dns::parse_tsig_key("k:hmac-sha256:" + std::string{text});
        REQUIRE(key);
        CHECK(to_hex(key->secret) == to_hex(diag::bytes_of(bytes)));
    }
}

TEST_CASE("TSIG key: what is wrong is said without the secret", "[dns][tsig]") {
    const std::pair<std::string, std::string_view> rows[] = {
        {"", "not of the form"},
        {"key k { algorithm hmac-sha256; };", "not of the form"},
        {"key k { algorithm hmac-sha256; secret \"c2VjcmV0\"; }; key l { };", "more than one key"},
        {"key k { algorithm hmac-md5; secret \"c2VjcmV0\"; };", "hmac-md5 is none of hmac-sha256"},
        {"key k { algorithm hmac-sha256; secret \"c2VjcmV0", "has no end"},
        {"/* key", "has no end"},
        {"k:hmac-md5:c2VjcmV0", "needs one of the algorithms"},
        {"c2VjcmV0:k:hmac-sha256", "needs one of the algorithms"},
        {"k:hmac-sha256:c2VjcmV", "no Base64"},
        {"k:hmac-sha256:c2Vj!mV0", "no Base64"},
        {"k:hmac-sha256:", "no Base64"},
        {".:hmac-sha256:c2VjcmV0", "no domain name"},
        {"k:hmac-sha256:" + std::string(1024, 'c'), "longer than 512 bytes"},
        {std::string(20'000, ' '), "longer than 16384 bytes"},
    };
    for (const auto& [text, problem] : rows) {
        CAPTURE(text);
        const auto key = dns::parse_tsig_key(text);
        REQUIRE_FALSE(key);
        CHECK_THAT(key.error(), Catch::Contains(std::string{problem}));
        CHECK(key.error().find("c2V") == std::string::npos);
    }
}
