#include "libdiag/dissect/community_id.h"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "libdiag/wire/writer.h"

namespace diag::dissect {
namespace {

constexpr std::uint16_t seed = 0;
constexpr std::uint8_t tcp_protocol = 6;
constexpr std::size_t sha1_size = 20;

struct DigestDeleter {
    void operator()(EVP_MD* md) const { EVP_MD_free(md); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// Fetched once: a look-up of the algorithm costs more than the digest of 40 bytes.
struct Sha1 {
    std::unique_ptr<EVP_MD, DigestDeleter> md{EVP_MD_fetch(nullptr, "SHA1", nullptr)};
    std::unique_ptr<EVP_MD_CTX, DigestDeleter> context{EVP_MD_CTX_new()};

    std::array<std::uint8_t, sha1_size> digest(Bytes bytes) {
        std::array<std::uint8_t, sha1_size> out{};
        EVP_DigestInit_ex2(context.get(), md.get(), nullptr);
        EVP_DigestUpdate(context.get(), bytes.data(), bytes.size());
        EVP_DigestFinal_ex(context.get(), out.data(), nullptr);
        return out;
    }
};

}  // namespace

std::string community_id(const Endpoint& a, const Endpoint& b) {
    thread_local Sha1 sha1;
    const bool ordered = a < b;
    const Endpoint& low = ordered ? a : b;
    const Endpoint& high = ordered ? b : a;
    Writer w{std::endian::big};
    w.u16(seed);
    w.bytes(low.ip.bytes());
    w.bytes(high.ip.bytes());
    w.u8(tcp_protocol);
    w.u8(0);
    w.u16(low.port);
    w.u16(high.port);
    const auto digest = sha1.digest(w.view());
    std::array<unsigned char, 4 * ((sha1_size + 2) / 3) + 1> text{};
    const int size = EVP_EncodeBlock(text.data(), digest.data(), sha1_size);
    return "1:" + std::string{reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(size)};
}

}  // namespace diag::dissect
