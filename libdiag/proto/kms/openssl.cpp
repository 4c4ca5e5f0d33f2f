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

Sha256::Digest Sha256::finish(std::initializer_list<Bytes> parts) {
    Digest out;
    for (const Bytes part : parts) require(EVP_DigestUpdate(context_.get(), part.data(), part.size()) == 1);
    require(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1);
    return out;
}

Sha256::Digest Sha256::hash(std::initializer_list<Bytes> parts) {
    require(EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) == 1);
    return finish(parts);
}

Sha256::Start Sha256::start(Bytes first) {
    Start out{EVP_MD_CTX_new()};
    require(out && EVP_DigestInit_ex2(out.get(), digest_.get(), nullptr) == 1 &&
            EVP_DigestUpdate(out.get(), first.data(), first.size()) == 1);
    return out;
}

Sha256::Digest Sha256::go_on(const Start& start, std::initializer_list<Bytes> parts) {
    require(EVP_MD_CTX_copy_ex(context_.get(), start.get()) == 1);
    return finish(parts);
}

HmacSha256::HmacSha256(Bytes key, Sha256& sha256) : sha256_{&sha256} {
    std::array<std::uint8_t, 64> inner_pad, outer_pad;
    assert(key.size() <= inner_pad.size());
    inner_pad.fill(0x36);
    outer_pad.fill(0x5C);
    for (std::size_t i = 0; i < key.size(); ++i) {
        inner_pad[i] ^= key[i];
        outer_pad[i] ^= key[i];
    }
    inner_ = sha256.start(inner_pad);
    outer_ = sha256.start(outer_pad);
}

Sha256::Digest HmacSha256::operator()(std::initializer_list<Bytes> parts) {
    return sha256_->go_on(outer_, {sha256_->go_on(inner_, parts)});
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
