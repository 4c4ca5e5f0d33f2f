#pragma once

#include <array>
#include <functional>

#include "libdiag/proto/kms/hmac_key.h"
#include "libdiag/proto/kms/key_profile.h"
#include "libdiag/proto/kms/message.h"
#include "libdiag/proto/kms/rijndael160.h"

namespace diag::kms {

/// What a host puts into an answer besides its fields. All of it is handed in: nothing here is random.
struct ResponseSalts {
    Block request_salt{};  ///< of the request that is answered (versions 5, 6)
    Block random{};        ///< "R": 16 fresh random bytes (5, 6)
    Block salt{};          ///< fresh (6); version 5 repeats the request's
    FixedBytes<8> hwid{};  ///< 6
};

/// KMS messages under one key profile: bytes to values and back (protocol.md 4 to 8, 11).
///
/// Decoding never fails as a whole: `body` says how far a message could be read, and what was not proved to be right under
/// the profile stays closed. It does not allocate. Majors above 6 are tried as version 6 and majors below 4 as version 4,
/// since public implementations send such messages; they count only when they verify.
///
/// Holds ciphers, hash contexts and a buffer that every call uses: one thread at a time.
///
///     Codec codec{lab_profile()};
///     Request request = codec.decode_request(request_bytes);
///     Response response = codec.decode_response(response_bytes, &request);
class Codec {
public:
    explicit Codec(const KeyProfile& profile, AesPath path = best_aes_path());
    Codec(const Codec&) = delete;
    Codec& operator=(const Codec&) = delete;

    Request decode_request(Bytes message);

    /// `request`: the one that this answers, if known; more can be checked then.
    Response decode_response(Bytes message, const Request* request = nullptr);

    /// A whole message; base.version chooses the form. malformed "key profile": it has no key for that version.
    Decoded<ByteVector> encode_request(const BaseRequest& base, const Block& salt);

    /// As above; limit "epid" for one that is longer than max_epid_size.
    Decoded<ByteVector> encode_response(const BaseResponse& base, const ResponseSalts& salts);

    /// What the answer of a right host carries behind its fields (versions 5 and 6). Errors as above.
    Decoded<Proofs> make_proofs(const BaseResponse& base, const ResponseSalts& salts);

    /// The tag of version 6 over all that precedes it, under the salt of the response. Errors as above.
    Decoded<Block> make_tag(const BaseResponse& base, const Block& salt, const Proofs& proofs);

    /// A message of version 5 or 6 with these proofs, be they right or wrong: for tests of those who check them.
    Decoded<ByteVector> encode_response(const BaseResponse& base, const Block& salt, const Proofs& proofs);

    /// What of an answer is the host's own or the client's. `epid`: as many bytes as the message says.
    struct Identity {
        std::span<std::uint8_t> epid;
        Uuid client_machine_id;
        FixedBytes<8> hwid{};  ///< version 6
    };

    /// A message with other names that says the same: as long, under the same salts, and every check of it, or of the
    /// two together where both were changed alike, comes out as before. What was right is right again; what was wrong
    /// is wrong again, but not by the same bytes. Bytes behind the fields become zeros. `request`, `response`: what
    /// decode_*() made of `message`; it has a base.
    ByteVector rewrite_request(Bytes message, const Request& request, const BaseRequest& base);
    ByteVector rewrite_response(Bytes message, const Response& response, const std::function<void(Identity&)>& change);

    const std::string& profile_name() const { return profile_name_; }
    /// Its profile is the lab profile that comes with the toolkit: hosts other than the reference host cannot have it.
    bool has_built_in_keys() const { return has_built_in_keys_; }

private:
    struct Opened {
        Block salt_decrypted;
        Bytes plaintext;  // without padding; in opened_, so valid until the next call
    };

    Mac check_mac(Bytes covered, const Block& mac_bytes) const;
    bool has_cipher(std::uint16_t major) const { return major == 5 ? v5_.has_value() : v6_.has_value(); }
    bool decrypt(std::uint16_t major, Bytes in, std::span<std::uint8_t> out);  // false: no key
    std::optional<Block> decrypt_salt(std::uint16_t major, const Block& salt);
    std::optional<Opened> open(std::uint16_t major, Bytes message);
    Decoded<ByteVector> seal(MinorMajor version, const Block& salt, Bytes plaintext);

    void read_signed_request(Bytes message, Request& out) const;
    void read_sealed_request(Bytes message, Request& out);
    void read_signed_response(Bytes message, const Request* request, Response& out) const;
    void read_sealed_response(Bytes message, const Request* request, Response& out);

    Block rewritten_mac(Bytes covered, Mac mac) const;
    Block rewritten_tag(const Response& response, const Block& salt_decrypted, Bytes covered);

    struct Answer;  // a decrypted response on its way to being believed
    void check_proofs(const Answer& answer, const Request* request, ResponseChecks& checks);
    CheckResult check_hash(const Proofs& proofs, const Block& decrypted_request_salt);
    void check_tag(const Answer& answer, ResponseChecks& checks);

    std::string profile_name_;
    bool has_built_in_keys_;
    std::optional<Rijndael160> v4_;
    std::optional<Aes128Cbc> v5_;
    std::optional<AesRounds> v6_;
    Sha256 sha256_;
    SlotHmacs hmacs_{sha256_};
    std::array<std::uint8_t, 1024> opened_{};  // far more than any answer needs; what is longer stays closed
};

/// Adds what the message says. `offset`: of its first byte in the buffer of the root. Encrypted fields stand where their
/// ciphertext stands, as CBC keeps sizes.
void describe_request(const Request& request, std::size_t offset, Node& parent);
void describe_response(const Response& response, std::size_t offset, Node& parent);

}  // namespace diag::kms
