#pragma once

#include <expected>
#include <optional>
#include <string>

#include "libdiag/wire/field.h"

namespace diag::kms {

/// The keys under which message bodies of the three protocol versions are protected. A version without a key stays closed.
struct KeyProfile {
    std::string name;
    std::optional<FixedBytes<20>> v4;  ///< MAC
    std::optional<FixedBytes<16>> v5;  ///< AES-128
    std::optional<FixedBytes<16>> v6;  ///< AES-128 with changed round keys; also for versions above 6
    bool is_built_in = false;          ///< the lab profile of lab_profile(), whatever an operator calls his own
};

/// The only profile that is built in: leading bytes of SHA-256 over public labels, so it opens lab traffic and nothing else
/// (docs/decisions/0004-key-profiles.md).
KeyProfile lab_profile();

inline constexpr std::size_t max_key_profile_size = 64 * 1024;  ///< bytes of JSON; real ones have a few hundred

/// Reads a profile of the form of tests/vectors/lab_keys.json: {"keys": [{"kms_major": 4, "key": "<hex>"}, ...]}; other
/// members are ignored. The error is one line for people. It never holds a key or a piece of one.
std::expected<KeyProfile, std::string> parse_key_profile(std::string_view json, std::string name);

}  // namespace diag::kms
