#include "libdiag/proto/kms/openssl.h"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace diag::kms {
namespace {

// OpenSSL fails here only when out of memory or installed without its default provider: nothing that input can cause.
void require(bool ok) {
    if (!ok) throw std::runtime_error{"OpenSSL does not offer AES-128-CBC and SHA-256"};
}

}  // namespace

void FreeOpenSsl::operator()(evp_cipher_ctx_st* context) const { EVP_CIPHER_CTX_free(context); }
void FreeOpenSsl::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }
void FreeOpenSsl::operator()(evp_md_st* digest) const { EVP_MD_free(digest); }

Sha256::Sha256() : digest_{EVP_MD_fetch(nullptr, "SHA2-256", nullptr)}, context_{EVP_MD_CTX_new()} {
    require(digest_ && context_ && EVP_DigestInit_ex2(context_.get(), digest_.get(), nullptr) == 1);
}

Sha256::Digest Sha256::hash(std::initializer_list<Bytes> parts) {
    Digest out;
    require(EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) == 1);
    for (const Bytes part : parts) require(EVP_DigestUpdate(context_.get(), part.data(), part.size()) == 1);
    require(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1);
    return out;
}

Sha256::Digest Sha256::hmac(Bytes key, std::initializer_list<Bytes> parts) {
    // EVP_MAC allocates for every message, which would cost more than the hashing.
    constexpr std::size_t hash_block_size = 64;
    assert(key.size() <= hash_block_size);
    std::array<std::uint8_t, hash_block_size> inner_pad{}, outer_pad{};
    for (std::size_t i = 0; i < hash_block_size; ++i) {
        const std::uint8_t k = i < key.size() ? key[i] : std::uint8_t{0};
        inner_pad[i] = k ^ 0x36;
        outer_pad[i] = k ^ 0x5C;
    }
    Digest inner;
    require(EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) == 1);
    require(EVP_DigestUpdate(context_.get(), inner_pad.data(), inner_pad.size()) == 1);
    for (const Bytes part : parts) require(EVP_DigestUpdate(context_.get(), part.data(), part.size()) == 1);
    require(EVP_DigestFinal_ex(context_.get(), inner.data(), nullptr) == 1);
    return hash({outer_pad, inner});
}

Aes128Cbc::Aes128Cbc(const FixedBytes<16>& key) : encrypt_{EVP_CIPHER_CTX_new()}, decrypt_{EVP_CIPHER_CTX_new()} {
    require(encrypt_ && decrypt_);
    EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr);
    const bool ok = cipher != nullptr &&
                    EVP_EncryptInit_ex2(encrypt_.get(), cipher, key.data(), nullptr, nullptr) == 1 &&
                    EVP_DecryptInit_ex2(decrypt_.get(), cipher, key.data(), nullptr, nullptr) == 1;
    EVP_CIPHER_free(cipher);  // the contexts hold it now
    require(ok);
    EVP_CIPHER_CTX_set_padding(encrypt_.get(), 0);
    EVP_CIPHER_CTX_set_padding(decrypt_.get(), 0);
}

void Aes128Cbc::encrypt(const Block& iv, Bytes in, std::span<std::uint8_t> out) {
    assert(in.size() % block_size == 0 && in.size() <= 0x10000 && out.size() == in.size());
    int size = 0;
    require(EVP_EncryptInit_ex2(encrypt_.get(), nullptr, nullptr, iv.data(), nullptr) == 1);
    require(EVP_EncryptUpdate(encrypt_.get(), out.data(), &size, in.data(), static_cast<int>(in.size())) == 1);
}

void Aes128Cbc::decrypt(const Block& iv, Bytes in, std::span<std::uint8_t> out) {
    assert(in.size() % block_size == 0 && in.size() <= 0x10000 && out.size() == in.size());
    int size = 0;
    require(EVP_DecryptInit_ex2(decrypt_.get(), nullptr, nullptr, iv.data(), nullptr) == 1);
    require(EVP_DecryptUpdate(decrypt_.get(), out.data(), &size, in.data(), static_cast<int>(in.size())) == 1);
}

}  // namespace diag::kms
