#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "libdiag/proto/dns/tsig.h"

namespace diag::dns {

inline constexpr std::size_t max_key_text_size = 16'384;  // bytes of a key file
inline constexpr std::size_t max_secret_size = 512;       // bytes; servers make them as long as the hash

/// "NAME:ALGORITHM:SECRET", with the secret in Base64, or as dig and nsupdate have it "ALGORITHM:NAME:SECRET"; or what
/// tsig-keygen of BIND writes:
///
///     key "kms-update" {
///         algorithm hmac-sha256;
///         secret "c2VjcmV0…";
///     };
///
/// Comments (#, //, /* */) may stand between; more than one key is an error. The error is one line that holds nothing of the
/// secret and is not escaped.
std::expected<TsigKey, std::string> parse_tsig_key(std::string_view text);

/// Whether a text is meant to be of the first form: it has two colons, on one line. Such a text is never a file's name,
/// so that no secret is quoted as one.
bool is_short_tsig_key(std::string_view text);

}  // namespace diag::dns
