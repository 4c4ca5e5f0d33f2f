#pragma once

#include <optional>
#include <string_view>

#include "libdiag/base/time.h"
#include "libdiag/proto/dns/message.h"

namespace diag::dns {

enum class TsigAlgorithm : std::uint8_t { hmac_sha1, hmac_sha224, hmac_sha256, hmac_sha384, hmac_sha512 };

/// By the name that is used in messages and in configuration files of servers ("hmac-sha256"), of either case.
std::optional<TsigAlgorithm> find_tsig_algorithm(std::string_view name);
DomainName name_of(TsigAlgorithm algorithm);

/// What both ends share. The secret never goes into a text of ours.
struct TsigKey {
    DomainName name;
    TsigAlgorithm algorithm = TsigAlgorithm::hmac_sha256;
    ByteVector secret;
};

inline constexpr std::uint16_t tsig_fudge = 300;  // seconds; RFC 8945 10

struct SignedMessage {
    ByteVector bytes;
    ByteVector mac;  ///< the answer's MAC covers it
};

/// The message with a TSIG record behind its last one (RFC 8945 5.1). `message` is whole and has no TSIG yet. nullopt when it
/// gets too long.
std::optional<SignedMessage> sign_message(Bytes message, const TsigKey& key, Timestamp now);

/// The TSIG of an answer: its MAC, against our key and the MAC of the request (RFC 8945 5.2, 5.3).
enum class TsigCheck : std::uint8_t {
    absent,
    verified,       ///< what the message says is the server's word, its TSIG error included
    bad_signature,  ///< the MAC is wrong or cut, or the record is not where it belongs
    bad_key,        ///< made with another key or algorithm
    bad_time,       ///< the MAC is right, the time is not
    unsigned_error  ///< has an error and no MAC: what a server says that cannot or will not use the key. Nobody vouches for it
};
TsigCheck check_tsig(Bytes bytes, const Message& message, const TsigKey& key, Bytes request_mac, Timestamp now);

/// The TSIG of a message, when it is where it belongs: the last record.
const Tsig* find_tsig(const Message& message);

}  // namespace diag::dns
