#pragma once

#include <optional>

#include "libdiag/base/check_result.h"
#include "libdiag/proto/kms/aes_block.h"
#include "libdiag/proto/kms/base_request.h"
#include "libdiag/proto/kms/base_response.h"

namespace diag::kms {

inline constexpr std::size_t version_size = 4;  ///< bytes in front of every message
inline constexpr std::size_t mac_size = 16;     ///< behind a version 4 message
inline constexpr std::size_t sealed_header_size =
    20;  ///< version and salt, in front of the ciphertext of versions 5 and 6
inline constexpr std::size_t v4_request_size = 252;
inline constexpr std::size_t v5_request_size = 260;  ///< and version 6

/// What of a message can be read.
enum class Body : std::uint8_t {
    absent,      ///< bytes are missing: too short for its version
    clear,       ///< version 4: signed, not encrypted
    opened,      ///< decrypted, and it proved to be what it should
    protected_,  ///< the key profile does not open it
    unknown,     ///< a major version below 4 whose MAC does not show that it has the layout of version 4
};

/// Version 4: the message authentication code at the end.
enum class Mac : std::uint8_t { not_checked, verified, mismatch };

/// "not_checked", "verified", "mismatch": the words of the JSON output.
std::string_view name_of(Mac mac);

/// A request as it travels in the RPC stub. A default one stands for a request whose bytes are not there.
struct Request {
    MinorMajor version;            ///< in the clear; meaningful when has_version()
    std::size_t message_size = 0;  ///< bytes
    Body body = Body::absent;
    std::optional<BaseRequest> base;      ///< when clear or opened
    std::optional<Block> salt;            ///< from version 5 on
    std::optional<Block> salt_decrypted;  ///< "D" of protocol.md 7: what only a key holder can answer with
    Mac mac = Mac::not_checked;
    Block mac_bytes{};  ///< version 4

    bool has_version() const { return message_size >= version_size; }
    bool body_protected() const { return body == Body::protected_; }
};

/// What a client checks of an answer (protocol.md 8.1). Nothing is checked of an answer that is not clear or opened, and
/// what needs the request is not checked without it.
struct ResponseChecks {
    CheckResult decrypt = CheckResult::not_checked;            ///< padding right, contents make sense (versions 5, 6)
    CheckResult mac = CheckResult::not_checked;                ///< version 4
    CheckResult hash = CheckResult::not_checked;               ///< the host could decrypt the request (5, 6)
    CheckResult client_time = CheckResult::not_checked;        ///< that of the request
    CheckResult client_machine_id = CheckResult::not_checked;  ///< that of the request
    CheckResult version = CheckResult::not_checked;            ///< inner and outer, request and response: all equal
    CheckResult salt = CheckResult::not_checked;               ///< 5: the salt of the request; 6: that salt decrypted
    CheckResult hmac = CheckResult::not_checked;               ///< 6: the tag over all of it
    CheckResult salt_differs = CheckResult::not_checked;       ///< 6: a fresh salt; old emulators repeat the request's
    CheckResult epid_length = CheckResult::not_checked;  ///< even, 2 to 128 bytes, a NUL at the end and nowhere else
    CheckResult size = CheckResult::not_checked;         ///< message size as its ePID size has it

    /// Which time slot's key made the tag, seen from the response's time: 0, -1 or +1. Meaningful when hmac passed.
    int hmac_slot_offset = 0;
};

struct ResponseCheck {
    std::string_view key;    ///< stable, for JSON
    std::string_view label;  ///< for people
    CheckResult ResponseChecks::*member;
    /// A client turns down an answer that fails this. False for what it only warns of, and for `decrypt`: an answer that
    /// our profile does not open may be fine for a client with other keys.
    bool decides;
};

inline constexpr ResponseCheck response_check_table[] = {
    {"decrypt", "Decryption", &ResponseChecks::decrypt, false},
    {"mac", "MAC", &ResponseChecks::mac, true},
    {"hash", "Hash of the random salt", &ResponseChecks::hash, true},
    {"client_time", "Client time", &ResponseChecks::client_time, true},
    {"client_machine_id", "Client machine id", &ResponseChecks::client_machine_id, true},
    {"version", "Version", &ResponseChecks::version, true},
    {"salt", "Request salt", &ResponseChecks::salt, true},
    {"hmac", "HMAC", &ResponseChecks::hmac, true},
    {"salt_differs", "Fresh salt", &ResponseChecks::salt_differs, false},
    {"epid_length", "ePID length", &ResponseChecks::epid_length, true},
    {"size", "Message size", &ResponseChecks::size, false},
};

/// The fields behind the base response of versions 5 and 6, as they stand in the plaintext.
struct Proofs {
    Block masked_random{};         ///< "X": random bytes xor the decrypted request salt
    FixedBytes<32> random_hash{};  ///< SHA-256 of the random bytes
    FixedBytes<8> hwid{};          ///< version 6 only, like all that follows
    Block request_salt{};          ///< "D": the decrypted request salt
    Block tag{};                   ///< half of an HMAC-SHA-256
};

/// A response as it travels in the RPC stub.
struct Response {
    MinorMajor version;            ///< in the clear; meaningful when has_version()
    std::size_t message_size = 0;  ///< bytes
    Body body = Body::absent;
    std::optional<BaseResponse> base;  ///< when clear or opened
    std::optional<Block> salt;         ///< from version 5 on
    std::optional<Proofs> proofs;      ///< when opened
    Mac mac = Mac::not_checked;
    Block mac_bytes{};  ///< version 4
    ResponseChecks checks;

    bool has_version() const { return message_size >= version_size; }
    bool body_protected() const { return body == Body::protected_; }

    /// The hardware id of the host; version 6 has one.
    std::optional<FixedBytes<8>> hwid() const;
};

/// Versions 4: both sides used one MAC key, and it is not that of our profile. The MACs then say nothing about the answer.
bool is_other_mac_key(const Request& request, const Response& response);

}  // namespace diag::kms
