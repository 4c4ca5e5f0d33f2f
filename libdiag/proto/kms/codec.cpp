#include "libdiag/proto/kms/codec.h"

#include <algorithm>

#include "libdiag/proto/kms/aes_v6.h"

namespace diag::kms {
namespace {

// PKCS#7: 1 to 16 bytes that all hold their number. The size without them; nullopt when they are not there.
std::optional<std::size_t> size_without_padding(Bytes plaintext) {
    const std::size_t count = plaintext.empty() ? 0 : plaintext.back();
    if (count < 1 || count > block_size || count > plaintext.size()) return std::nullopt;
    const Bytes padding = plaintext.last(count);
    if (std::any_of(padding.begin(), padding.end(), [count](std::uint8_t b) { return b != count; }))
        return std::nullopt;
    return plaintext.size() - count;
}

std::unexpected<WireError> no_key() {
    return std::unexpected(WireError{.kind = WireError::Kind::malformed, .offset = 0, .field = "key profile"});
}

// All but the tag, which covers the rest.
void write_proofs(Writer& w, std::uint16_t major, const Proofs& proofs) {
    w.bytes(proofs.masked_random);
    w.bytes(proofs.random_hash);
    if (major == 5) return;
    w.bytes(proofs.hwid);
    w.bytes(proofs.request_salt);
}

}  // namespace

Codec::Codec(const KeyProfile& profile, AesPath path)
    : profile_name_{profile.name}, has_built_in_keys_{profile.is_built_in} {
    if (profile.v4) v4_.emplace(*profile.v4, path);
    if (profile.v5) v5_.emplace(*profile.v5);
    if (profile.v6) v6_ = make_aes_v6(*profile.v6, path);
}

Mac Codec::check_mac(Bytes covered, const Block& mac_bytes) const {
    if (!v4_) return Mac::not_checked;
    return v4_->mac(covered) == mac_bytes ? Mac::verified : Mac::mismatch;
}

// CBC with a zero initial value.
bool Codec::decrypt(std::uint16_t major, Bytes in, std::span<std::uint8_t> out) {
    if (major == 5) {
        if (v5_) v5_->decrypt(Block{}, in, out);
        return v5_.has_value();
    }
    if (v6_) v6_->decrypt_cbc(Block{}, in, out);
    return v6_.has_value();
}

std::optional<Block> Codec::decrypt_salt(std::uint16_t major, const Block& salt) {
    Block out;
    return decrypt(major, salt, out) ? std::optional{out} : std::nullopt;
}

// Decrypts salt and ciphertext in one go: the first block is then the decrypted salt and the rest
// what the salt as initial value gives (protocol.md 7).
std::optional<Codec::Opened> Codec::open(std::uint16_t major, Bytes message) {
    if (message.size() < sealed_header_size + block_size) return std::nullopt;
    const Bytes sealed = message.subspan(version_size);
    if (sealed.size() % block_size != 0 || sealed.size() > opened_.size()) return std::nullopt;
    const std::span<std::uint8_t> out{opened_.data(), sealed.size()};
    if (!decrypt(major, sealed, out)) return std::nullopt;
    const Bytes plaintext = Bytes{out}.subspan(block_size);
    const auto size = size_without_padding(plaintext);
    if (!size) return std::nullopt;
    return Opened{.salt_decrypted = load_block(out, 0), .plaintext = plaintext.first(*size)};
}

Decoded<ByteVector> Codec::seal(MinorMajor version, const Block& salt, Bytes plaintext) {
    ByteVector padded{plaintext.begin(), plaintext.end()};
    const std::size_t padding_size = block_size - padded.size() % block_size;
    padded.insert(padded.end(), padding_size, static_cast<std::uint8_t>(padding_size));
    ByteVector sealed(padded.size());
    if (version.major == 5 && v5_) {
        v5_->encrypt(salt, padded, sealed);
    } else if (version.major != 5 && v6_) {
        v6_->encrypt_cbc(salt, padded, sealed);
    } else {
        return no_key();
    }
    Writer w;
    w.u16(version.minor);
    w.u16(version.major);
    w.bytes(salt);
    w.bytes(sealed);
    return w.take();
}

Request Codec::decode_request(Bytes message) {
    Request out;
    out.message_size = message.size();
    Reader r{message};
    out.version.minor = r.u16("version");
    out.version.major = r.u16("version");
    if (r.failed()) return out;
    if (out.version.major <= 4) {
        read_signed_request(message, out);
    } else {
        read_sealed_request(message, out);
    }
    return out;
}

// Bytes behind the MAC are no error: one public client sends some (protocol.md 3.1).
void Codec::read_signed_request(Bytes message, Request& out) const {
    Reader r{message};
    const auto base = decode_base_request(r);
    out.mac_bytes = r.array<mac_size>("mac");
    if (!base || r.failed()) return;
    out.mac = check_mac(message.first(base_request_size), out.mac_bytes);
    const bool is_known = out.version.major == 4 || out.mac == Mac::verified;
    out.body = is_known ? Body::clear : Body::unknown;
    if (is_known) out.base = *base;
}

void Codec::read_sealed_request(Bytes message, Request& out) {
    if (message.size() < sealed_header_size) return;
    out.salt = load_block(message, version_size);
    if (message.size() < v5_request_size) {
        out.salt_decrypted = decrypt_salt(out.version.major, *out.salt);
        return;
    }
    out.body = Body::protected_;
    const auto opened = open(out.version.major, message);
    out.salt_decrypted = opened ? opened->salt_decrypted : decrypt_salt(out.version.major, *out.salt);
    // Under a foreign key the padding is right once in 256 times, size and inner version as well practically never.
    if (!opened || opened->plaintext.size() != base_request_size) return;
    Reader r{opened->plaintext, std::endian::little, sealed_header_size};
    const auto base = decode_base_request(r);
    if (!base || base->version != out.version) return;
    out.base = *base;
    out.body = Body::opened;
}

Decoded<ByteVector> Codec::encode_request(const BaseRequest& base, const Block& salt) {
    Writer w;
    encode_base_request(w, base);
    if (base.version.major > 4) return seal(base.version, salt, w.view());
    if (!v4_) return no_key();
    w.bytes(v4_->mac(w.view()));
    return w.take();
}

Decoded<ByteVector> Codec::encode_response(const BaseResponse& base, const ResponseSalts& salts) {
    if (base.version.major > 4) {
        const auto proofs = make_proofs(base, salts);
        if (!proofs) return std::unexpected(proofs.error());
        return encode_response(base, base.version.major == 5 ? salts.request_salt : salts.salt, *proofs);
    }
    Writer w;
    if (auto encoded = encode_base_response(w, base); !encoded) return std::unexpected(encoded.error());
    if (!v4_) return no_key();
    w.bytes(v4_->mac(w.view()));
    return w.take();
}

Decoded<Proofs> Codec::make_proofs(const BaseResponse& base, const ResponseSalts& salts) {
    const auto request_salt = decrypt_salt(base.version.major, salts.request_salt);
    if (!request_salt) return no_key();
    Proofs proofs{.masked_random = salts.random ^ *request_salt, .random_hash = sha256_.hash({salts.random})};
    if (base.version.major == 5) return proofs;
    proofs.hwid = salts.hwid;
    proofs.request_salt = *request_salt;
    const auto tag = make_tag(base, salts.salt, proofs);
    if (!tag) return std::unexpected(tag.error());
    proofs.tag = *tag;
    return proofs;
}

Decoded<Block> Codec::make_tag(const BaseResponse& base, const Block& salt, const Proofs& proofs) {
    const auto salt_decrypted = decrypt_salt(base.version.major, salt);
    if (!salt_decrypted) return no_key();
    Writer w;
    if (auto encoded = encode_base_response(w, base); !encoded) return std::unexpected(encoded.error());
    write_proofs(w, base.version.major, proofs);
    auto& hmac = hmacs_.of(hmac_slot(base.client_time_filetime));
    return load_block(hmac({*salt_decrypted, w.view()}), block_size);
}

Decoded<ByteVector> Codec::encode_response(const BaseResponse& base, const Block& salt, const Proofs& proofs) {
    Writer w;
    if (auto encoded = encode_base_response(w, base); !encoded) return std::unexpected(encoded.error());
    write_proofs(w, base.version.major, proofs);
    if (base.version.major > 5) w.bytes(proofs.tag);
    return seal(base.version, salt, w.view());
}

}  // namespace diag::kms
