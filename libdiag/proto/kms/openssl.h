#pragma once

#include <initializer_list>
#include <memory>

#include "libdiag/proto/kms/aes_block.h"

struct evp_cipher_ctx_st;
struct evp_md_ctx_st;
struct evp_md_st;

namespace diag::kms {

struct FreeOpenSsl {
    void operator()(evp_cipher_ctx_st* context) const;
    void operator()(evp_md_ctx_st* context) const;
    void operator()(evp_md_st* digest) const;
};

/// SHA-256 from OpenSSL. Fetches the algorithm once and reuses its context, as both cost more than hashing a short message.
/// Not thread-safe. The constructor throws std::runtime_error where OpenSSL lacks the algorithm.
class Sha256 {
public:
    using Digest = FixedBytes<32>;

    /// The hash of some first bytes, to go on from as often as needed.
    using Start = std::unique_ptr<evp_md_ctx_st, FreeOpenSsl>;

    Sha256();

    Digest hash(std::initializer_list<Bytes> parts);
    Start start(Bytes first);
    Digest go_on(const Start& start, std::initializer_list<Bytes> parts);

private:
    Digest finish(std::initializer_list<Bytes> parts);

    std::unique_ptr<evp_md_st, FreeOpenSsl> digest_;
    std::unique_ptr<evp_md_ctx_st, FreeOpenSsl> context_;
};

/// HMAC-SHA-256 (RFC 2104) under one key. Hashes the key once and not for each message, which for messages as short as ours
/// is a third of the work; OpenSSL's own EVP_MAC costs more still.
class HmacSha256 {
public:
    /// `key`: at most 64 bytes. `sha256` must outlive this.
    HmacSha256(Bytes key, Sha256& sha256);

    Sha256::Digest operator()(std::initializer_list<Bytes> parts);

private:
    Sha256* sha256_;
    Sha256::Start inner_, outer_;
};

/// AES-128-CBC without padding from OpenSSL, as KMS version 5 uses it. Not thread-safe; constructor as above.
class Aes128Cbc {
public:
    explicit Aes128Cbc(const FixedBytes<16>& key);

    /// `in`: whole blocks, at most 64 KiB; `out`: as many bytes, not overlapping with `in`.
    void encrypt(const Block& iv, Bytes in, std::span<std::uint8_t> out);
    void decrypt(const Block& iv, Bytes in, std::span<std::uint8_t> out);

private:
    std::unique_ptr<evp_cipher_ctx_st, FreeOpenSsl> encrypt_;
    std::unique_ptr<evp_cipher_ctx_st, FreeOpenSsl> decrypt_;
};

}  // namespace diag::kms
