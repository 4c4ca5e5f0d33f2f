#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"
#include "libdiag/proto/kms/aes_v6.h"
#include "libdiag/proto/kms/key_schedule.h"
#include "libdiag/proto/kms/rijndael160.h"
#include "tests/proto/kms/kms_vectors.h"

using namespace diag;
using namespace diag::kms;
using namespace diag::test;

namespace {

std::string hex(const Block& block) { return to_hex(block); }

ByteVector encrypt_cbc(const AesRounds& cipher, const Block& iv, Bytes in) {
    ByteVector out(in.size());
    cipher.encrypt_cbc(iv, in, out);
    return out;
}

ByteVector decrypt_cbc(const AesRounds& cipher, const Block& iv, Bytes in) {
    ByteVector out(in.size());
    cipher.decrypt_cbc(iv, in, out);
    return out;
}

}  // namespace

TEST_CASE("rijndael160: key expansion, blocks and MACs of every length are those of the vectors", "[kms][cipher]") {
    const auto& file = vector_file("v4_rijndael160_mac.json");
    for (const AesPath path : aes_paths()) {
        CAPTURE(static_cast<int>(path));
        const Rijndael160 cipher{fixed_of<20>(file, "key"), path};
        std::string expanded;
        for (const Block& key : cipher.rounds().round_keys()) expanded += hex(key);
        CHECK(expanded == text_of(file, "expanded_key"));
        for (const auto& element : file.at("block_encrypt").as_array()) {
            const auto& c = element.as_object();
            const auto plaintext = fixed_of<16>(c, "plaintext");
            CHECK(hex(cipher.rounds().encrypt(plaintext)) == text_of(c, "ciphertext"));
            CHECK(hex(cipher.rounds().decrypt(fixed_of<16>(c, "ciphertext"))) == hex(plaintext));
        }
        for (const auto& element : file.at("mac").as_array()) {
            const auto& c = element.as_object();
            const auto message = bytes_of(c, "message");
            REQUIRE(message.size() == number_of(c, "message_length"));
            CAPTURE(message.size());
            CHECK(hex(cipher.mac(message)) == text_of(c, "mac"));
        }
    }
}

TEST_CASE("v6 cipher: round keys, blocks and CBC are those of the vectors", "[kms][cipher]") {
    const auto& file = vector_file("v6_aes.json");
    for (const AesPath path : aes_paths()) {
        CAPTURE(static_cast<int>(path));
        const AesRounds cipher = make_aes_v6(fixed_of<16>(file, "key"), path);
        const auto& round_keys = file.at("round_keys").as_array();
        REQUIRE(cipher.round_keys().size() == round_keys.size());
        for (std::size_t i = 0; i < round_keys.size(); ++i) {
            CHECK(hex(cipher.round_keys()[i]) == std::string_view{round_keys[i].as_string()});
        }
        for (const auto& element : file.at("block").as_array()) {
            const auto& c = element.as_object();
            CHECK(hex(cipher.encrypt(fixed_of<16>(c, "input"))) == text_of(c, "encrypted"));
            CHECK(hex(cipher.decrypt(fixed_of<16>(c, "input"))) == text_of(c, "decrypted"));
        }
        for (const auto& element : file.at("cbc").as_array()) {
            const auto& c = element.as_object();
            const auto iv = fixed_of<16>(c, "iv");
            CHECK(to_hex(encrypt_cbc(cipher, iv, bytes_of(c, "padded"))) == text_of(c, "ciphertext"));
            CHECK(to_hex(decrypt_cbc(cipher, iv, bytes_of(c, "ciphertext"))) == text_of(c, "padded"));
        }
    }
}

TEST_CASE("v6 cipher: three bytes of the expanded key differ from AES", "[kms][cipher]") {
    const auto& file = vector_file("v6_aes.json");
    const auto plain = expand_key<4, 10>(fixed_of<16>(file, "key"));
    const auto& unmodified = file.at("unmodified_round_keys").as_array();
    REQUIRE(unmodified.size() == plain.size());
    for (std::size_t i = 0; i < plain.size(); ++i) CHECK(hex(plain[i]) == std::string_view{unmodified[i].as_string()});
}

TEST_CASE("v5 cipher: CBC is that of the vectors", "[kms][cipher]") {
    const auto& file = vector_file("v5_aes.json");
    Aes128Cbc cipher{fixed_of<16>(file, "key")};
    for (const auto& element : file.at("cbc").as_array()) {
        const auto& c = element.as_object();
        const auto iv = fixed_of<16>(c, "iv");
        const auto padded = bytes_of(c, "padded");
        ByteVector out(padded.size());
        cipher.encrypt(iv, padded, out);
        CHECK(to_hex(out) == text_of(c, "ciphertext"));
        cipher.decrypt(iv, bytes_of(c, "ciphertext"), out);
        CHECK(to_hex(out) == to_hex(padded));
    }
    for (const auto& element : file.at("block").as_array()) {
        const auto& c = element.as_object();
        Block out;
        cipher.decrypt(Block{}, fixed_of<16>(c, "input"), out);
        CHECK(hex(out) == text_of(c, "decrypted"));
    }
}

TEST_CASE("rounds: under AES round keys they give what OpenSSL gives, on random data", "[kms][cipher]") {
    Random random{160};
    for (int i = 0; i < 200; ++i) {
        const auto key = random_bytes<16>(random);
        const auto iv = random_bytes<16>(random);
        const auto data = random_bytes(random, block_size * (random() % 40));
        Aes128Cbc openssl{key};
        ByteVector sealed(data.size()), opened(data.size());
        openssl.encrypt(iv, data, sealed);
        openssl.decrypt(iv, data, opened);
        for (const AesPath path : aes_paths()) {
            CAPTURE(i, data.size(), static_cast<int>(path));
            const AesRounds rounds{expand_key<4, 10>(key), path};
            CHECK(encrypt_cbc(rounds, iv, data) == sealed);
            CHECK(decrypt_cbc(rounds, iv, data) == opened);
        }
    }
}

TEST_CASE("rounds: the portable path and the AES instructions give the same bytes, on random data", "[kms][cipher]") {
    const auto paths = aes_paths();
    if (paths.size() < 2) {
        WARN("this processor has no AES instructions: nothing to compare");
        return;
    }
    Random random{6};
    for (int i = 0; i < 200; ++i) {
        const auto key = random_bytes<16>(random);
        const auto key160 = random_bytes<20>(random);
        const auto iv = random_bytes<16>(random);
        const auto data = random_bytes(random, block_size * (random() % 40));
        const auto message = random_bytes(random, random() % 300);
        const AesRounds a = make_aes_v6(key, paths[0]), b = make_aes_v6(key, paths[1]);
        CHECK(encrypt_cbc(a, iv, data) == encrypt_cbc(b, iv, data));
        CHECK(decrypt_cbc(a, iv, data) == decrypt_cbc(b, iv, data));
        CHECK(decrypt_cbc(a, iv, encrypt_cbc(b, iv, data)) == data);
        const Rijndael160 c{key160, paths[0]}, d{key160, paths[1]};
        CHECK(c.mac(message) == d.mac(message));
        CHECK(c.rounds().decrypt(iv) == d.rounds().decrypt(iv));
    }
}

TEST_CASE("hmac: keys of the time slots are those of the vectors, in any order", "[kms][cipher]") {
    const auto& file = vector_file("v6_hmac.json");
    Sha256 sha256;
    SlotHmacs hmacs{sha256};
    for (int pass = 0; pass < 2; ++pass) {  // the second meets a cache full of others
        for (const auto& element : file.at("key_from_time").as_array()) {
            const auto& c = element.as_object();
            const Filetime time{number_of(c, "filetime")};
            CAPTURE(pass, time.ticks);
            CHECK(hmac_slot(time) == number_of(c, "slot"));
            CHECK(hmac_seed(hmac_slot(time)) == std::stoull(text_of(c, "seed"), nullptr, 16));
            CHECK(to_hex(hmac_key(hmac_slot(time), sha256)) == text_of(c, "hmac_key"));
            HmacSha256 fresh{bytes_of(c, "hmac_key"), sha256};
            CHECK(hmacs.of(hmac_slot(time))({}) == fresh({}));
        }
    }
}

TEST_CASE("hmac: tags are those of the vectors, however the data is cut", "[kms][cipher]") {
    Sha256 sha256;
    for (const auto& element : vector_file("v6_hmac.json").at("tag").as_array()) {
        const auto& c = element.as_object();
        HmacSha256 hmac{bytes_of(c, "hmac_key"), sha256};
        const auto message = bytes_of(c, "message");
        for (std::size_t cut = 0; cut <= message.size(); cut += 7) {
            const Bytes whole{message};
            CHECK(to_hex(hmac({whole.first(cut), whole.subspan(cut)})) == text_of(c, "hmac_sha256"));
        }
    }
}
