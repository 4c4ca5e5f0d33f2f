#include "libdiag/proto/kms/codec.h"

namespace diag::kms {
namespace {

// Without the ePID, whose size only the plaintext tells.
constexpr std::size_t v5_fixed_size = base_response_fixed_size + 16 + 32;
constexpr std::size_t v6_fixed_size = v5_fixed_size + 8 + 16 + 16;

std::size_t fixed_size(std::uint16_t major) { return major == 5 ? v5_fixed_size : v6_fixed_size; }

constexpr std::size_t padded(std::size_t size) { return (size / block_size + 1) * block_size; }

// Clients accept what is even, has room for them, and is terminated once (protocol.md 8.1).
bool is_proper_epid(const BaseResponse& base) {
    if (base.epid_size < 2 || base.epid_size > max_epid_size || base.epid_size % 2 != 0) return false;
    for (std::size_t i = 0; i < base.epid_size; i += 2) {
        const bool is_nul = base.epid[i] == 0 && base.epid[i + 1] == 0;
        const bool is_last = i + 2 == base.epid_size;
        if (is_nul != is_last) return false;
    }
    return true;
}

CheckResult check_version(const Request* request, MinorMajor outer, MinorMajor inner) {
    if (outer != inner) return CheckResult::failed;
    if (request == nullptr || !request->has_version()) return CheckResult::not_checked;
    return check_result(request->version == outer);
}

// What is the same for all versions. `read_size`: what the fields take; `size`: what is there.
void check_fields(const BaseResponse& base, MinorMajor version, const Request* request, std::size_t read_size,
                  std::size_t size, ResponseChecks& checks) {
    checks.version = check_version(request, version, base.version);
    checks.epid_length = check_result(is_proper_epid(base));
    checks.size = check_result(size == read_size);
    if (request == nullptr || !request->base) return;
    checks.client_time = check_result(base.client_time_filetime == request->base->client_time_filetime);
    checks.client_machine_id = check_result(base.client_machine_id == request->base->client_machine_id);
}

// Padding alone is right once in 256 times under a foreign key. Each of these happens by chance once in 2^64 or less, so one
// is enough; asking for all would hide the answer of a faulty host, whose very fault the checks are to show.
bool is_believable(const BaseResponse& base, MinorMajor version, const ResponseChecks& checks) {
    const auto passed = [](CheckResult r) { return r == CheckResult::passed; };
    return (base.version == version && passed(checks.size)) || passed(checks.hash) || passed(checks.hmac) ||
           (passed(checks.client_time) && passed(checks.client_machine_id));
}

Proofs read_proofs(Reader& r, std::uint16_t major) {
    Proofs proofs{.masked_random = r.array<16>("random"), .random_hash = r.array<32>("hash")};
    if (major == 5) return proofs;
    proofs.hwid = r.array<8>("hwid");
    proofs.request_salt = r.array<16>("request_salt");
    proofs.tag = r.array<16>("tag");
    return proofs;
}

}  // namespace

struct Codec::Answer {
    MinorMajor version;
    Block salt, salt_decrypted;
    Bytes plaintext;
    BaseResponse base;
    Proofs proofs;
};

Response Codec::decode_response(Bytes message, const Request* request) {
    Response out;
    out.message_size = message.size();
    Reader r{message};
    out.version.minor = r.u16("version");
    out.version.major = r.u16("version");
    if (r.failed()) return out;
    if (out.version.major <= 4) {
        read_signed_response(message, request, out);
    } else {
        read_sealed_response(message, request, out);
    }
    return out;
}

void Codec::read_signed_response(Bytes message, const Request* request, Response& out) const {
    Reader r{message};
    const auto base = decode_base_response(r);
    const std::size_t covered_size = r.position();
    out.mac_bytes = r.array<mac_size>("mac");
    if (!base || r.failed()) return;
    out.mac = check_mac(message.first(covered_size), out.mac_bytes);
    if (out.version.major != 4 && out.mac != Mac::verified) {
        out.body = Body::unknown;
        return;
    }
    out.body = Body::clear;
    out.base = *base;
    check_fields(*base, out.version, request, r.position(), message.size(), out.checks);
    if (out.mac != Mac::not_checked) out.checks.mac = check_result(out.mac == Mac::verified);
}

void Codec::read_sealed_response(Bytes message, const Request* request, Response& out) {
    const std::uint16_t major = out.version.major;
    if (message.size() < sealed_header_size) return;
    const Block salt = load_block(message, version_size);
    out.salt = salt;
    if (message.size() < sealed_header_size + padded(fixed_size(major))) return;
    out.body = Body::protected_;
    if (!has_cipher(major)) return;
    out.checks.decrypt = CheckResult::failed;
    const auto opened = open(major, message);
    if (!opened) return;
    Reader r{opened->plaintext, std::endian::little, sealed_header_size};
    const auto base = decode_base_response(r);
    const Proofs proofs = read_proofs(r, major);
    if (!base || r.failed()) return;
    ResponseChecks checks{.decrypt = CheckResult::passed};
    check_fields(*base, out.version, request, r.position(), opened->plaintext.size(), checks);
    check_proofs({out.version, salt, opened->salt_decrypted, opened->plaintext, *base, proofs}, request, checks);
    if (!is_believable(*base, out.version, checks)) return;
    out.body = Body::opened;
    out.base = *base;
    out.proofs = proofs;
    out.checks = checks;
}

void Codec::check_proofs(const Answer& answer, const Request* request, ResponseChecks& checks) {
    const std::optional<Block> known = request != nullptr ? request->salt_decrypted : std::nullopt;
    const std::optional<Block> asked = request != nullptr ? request->salt : std::nullopt;
    if (answer.version.major == 5) {
        if (known) checks.hash = check_hash(answer.proofs, *known);
        if (asked) checks.salt = check_result(answer.salt == *asked);
        return;
    }
    // Without the request the copy of its decrypted salt in the answer serves (protocol.md 11, rule 6).
    checks.hash = check_hash(answer.proofs, known.value_or(answer.proofs.request_salt));
    if (known) checks.salt = check_result(answer.proofs.request_salt == *known);
    if (asked) checks.salt_differs = check_result(answer.salt != *asked);
    check_tag(answer, checks);
}

CheckResult Codec::check_hash(const Proofs& proofs, const Block& decrypted_request_salt) {
    const Block random = proofs.masked_random ^ decrypted_request_salt;
    return check_result(sha256_.hash({random}) == proofs.random_hash);
}

// A tag of a neighbouring slot passes with its offset noted: tolerance is what protocol.md 8 calls intended. One public
// verifier fails it, as it moves the seed instead of the slot; hosts use the request's own slot, so neither case is usual.
void Codec::check_tag(const Answer& answer, ResponseChecks& checks) {
    const Bytes covered = answer.plaintext.first(v6_fixed_size - sizeof(Proofs::tag) + answer.base.epid_size);
    const std::uint64_t slot = hmac_slot(answer.base.client_time_filetime);
    const auto is_made_in = [&](std::uint64_t s) {
        const auto digest = hmacs_.of(s)({answer.salt_decrypted, covered});
        return load_block(digest, block_size) == answer.proofs.tag;
    };
    checks.hmac = CheckResult::passed;
    if (is_made_in(slot)) return;
    for (const int offset : {-1, 1}) {
        if (offset < 0 && slot == 0) continue;
        if (!is_made_in(offset < 0 ? slot - 1 : slot + 1)) continue;
        checks.hmac_slot_offset = offset;
        return;
    }
    checks.hmac = CheckResult::failed;
}

}  // namespace diag::kms
