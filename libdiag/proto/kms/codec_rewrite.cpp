#include <algorithm>
#include <cassert>

#include "libdiag/proto/kms/codec.h"

namespace diag::kms {
namespace {

constexpr std::size_t epid_at = 8;                            // behind version and size
constexpr std::size_t proofs_before_hwid_size = 16 + 32;      // masked random bytes and their hash
constexpr std::size_t proofs_between_hwid_and_tag_size = 16;  // the decrypted salt of the request

using Target = std::span<std::uint8_t>;

// A proof that is not the one it should be.
Block wrong(const Block& right) {
    Block out;
    std::ranges::transform(right, out.begin(), [](std::uint8_t b) { return static_cast<std::uint8_t>(~b); });
    return out;
}

// The base response at the front of `plaintext`, and the HwId at `hwid_at`, if there is one.
void change_identity(Target plaintext, const BaseResponse& base, std::size_t hwid_at,
                     const std::function<void(Codec::Identity&)>& change) {
    const std::size_t client_machine_id_at = epid_at + base.epid_size;
    Codec::Identity identity{.epid = plaintext.subspan(epid_at, base.epid_size),
                             .client_machine_id = base.client_machine_id};
    if (hwid_at != 0) std::copy_n(plaintext.begin() + static_cast<std::ptrdiff_t>(hwid_at), 8, identity.hwid.begin());
    change(identity);
    const auto put = [plaintext](std::size_t at, Bytes bytes) {
        std::ranges::copy(bytes, plaintext.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(client_machine_id_at, identity.client_machine_id.wire);
    if (hwid_at != 0) put(hwid_at, identity.hwid);
}

void clear_from(Target bytes, std::size_t at) { std::ranges::fill(bytes.subspan(at), std::uint8_t{0}); }

}  // namespace

Block Codec::rewritten_mac(Bytes covered, Mac mac) const {
    if (!v4_ || mac == Mac::not_checked) return {};
    const Block right = v4_->mac(covered);
    return mac == Mac::verified ? right : wrong(right);
}

ByteVector Codec::rewrite_request(Bytes message, const Request& request, const BaseRequest& base) {
    assert(request.base);
    Writer w;
    encode_base_request(w, base);
    if (request.version.major > 4) {
        auto sealed = seal(request.version, *request.salt, w.view());
        assert(sealed && sealed->size() == message.size());
        return std::move(*sealed);
    }
    w.bytes(rewritten_mac(w.view(), request.mac));
    ByteVector out = w.take();
    assert(out.size() <= message.size());
    out.resize(message.size());
    return out;
}

Block Codec::rewritten_tag(const Response& response, const Block& salt_decrypted, Bytes covered) {
    const std::uint64_t slot = hmac_slot(response.base->client_time_filetime);
    const bool passed = response.checks.hmac == CheckResult::passed;
    const int offset = passed ? response.checks.hmac_slot_offset : 0;
    const auto digest = hmacs_.of(slot + static_cast<std::uint64_t>(std::int64_t{offset}))({salt_decrypted, covered});
    const Block right = load_block(digest, block_size);
    return passed ? right : wrong(right);
}

ByteVector Codec::rewrite_response(Bytes message, const Response& response,
                                   const std::function<void(Identity&)>& change) {
    assert(response.base);
    const BaseResponse& base = *response.base;
    const std::size_t base_size = base_response_fixed_size + base.epid_size;
    const std::uint16_t major = response.version.major;
    if (major <= 4) {
        ByteVector out{message.begin(), message.end()};
        change_identity(out, base, 0, change);
        store_block(out, base_size, rewritten_mac(head(out, base_size), response.mac));
        clear_from(out, base_size + mac_size);
        return out;
    }
    const auto opened = open(major, message);
    assert(opened);
    ByteVector plaintext{opened->plaintext.begin(), opened->plaintext.end()};
    const std::size_t hwid_at = base_size + proofs_before_hwid_size;
    if (major == 5) {
        change_identity(plaintext, base, 0, change);
        clear_from(plaintext, hwid_at);
    } else {
        const std::size_t tag_at = hwid_at + sizeof(Proofs::hwid) + proofs_between_hwid_and_tag_size;
        change_identity(plaintext, base, hwid_at, change);
        store_block(plaintext, tag_at, rewritten_tag(response, opened->salt_decrypted, head(plaintext, tag_at)));
        clear_from(plaintext, tag_at + block_size);
    }
    auto sealed = seal(response.version, *response.salt, plaintext);
    assert(sealed && sealed->size() == message.size());
    return std::move(*sealed);
}

}  // namespace diag::kms
