#pragma once

#include "libdiag/wire/node.h"

namespace diag::dcerpc {

inline constexpr std::size_t auth_header_size = 8;

/// What follows the body of a PDU whose auth_length is not 0 (MS-RPCE 2.2.2.11):
///
///      body | pad (auth_pad_length bytes) | auth_type .. auth_context_id (8 bytes) | value (auth_length bytes)
///
/// KMS traffic has none; other RPC traffic does. Views live as long as the PDU's bytes.
struct AuthTrailer {
    std::uint8_t auth_type = 0;
    std::uint8_t auth_level = 0;
    std::uint8_t auth_pad_length = 0;
    std::uint8_t auth_reserved = 0;
    std::uint32_t auth_context_id = 0;
    Bytes pad;
    Bytes value;
};

inline constexpr Name auth_type_names[] = {
    {0, "none"}, {9, "SPNEGO"}, {10, "NTLM"}, {14, "Schannel"}, {16, "Kerberos"}, {68, "Netlogon"},
};
inline constexpr Name auth_level_names[] = {
    {1, "none"}, {2, "connect"}, {3, "call"}, {4, "packet"}, {5, "packet integrity"}, {6, "packet privacy"},
};

inline constexpr Field<AuthTrailer> auth_fields[] = {
    {"auth_type", "Auth type", &AuthTrailer::auth_type, Show::decimal, auth_type_names},
    {"auth_level", "Auth level", &AuthTrailer::auth_level, Show::decimal, auth_level_names},
    {"auth_pad_length", "Auth pad length", &AuthTrailer::auth_pad_length},
    {"auth_reserved", "Auth reserved", &AuthTrailer::auth_reserved, Show::hex, {}, false},
    {"auth_context_id", "Auth context id", &AuthTrailer::auth_context_id},
};

/// Reads the eight bytes and the value; the reader stands behind the pad, which is not read here.
void decode_auth_trailer(Reader& r, std::size_t auth_length, AuthTrailer& auth);
/// Writes the pad too; its length comes from `auth.pad`.
void encode_auth_trailer(Writer& w, const AuthTrailer& auth);
std::size_t describe_auth_trailer(const AuthTrailer& auth, std::size_t offset, Node& parent);

}  // namespace diag::dcerpc
