#pragma once

#include <string>

#include "libdiag/dissect/conversation.h"

namespace diag::decode {

/// How much of a request can be told.
enum class Readable : std::uint8_t { no_request, nothing, version_only, closed, open };
Readable readable(const dissect::Exchange& exchange);

/// The product that a request names, by the catalogue: "Windows 11 Enterprise"; the activation id when it is not in the
/// catalogue, "(protected)" when the body stays closed, "(not readable)" when it is damaged or cut.
std::string product_name(Readable readable, const Uuid& activation_id);
std::string product_name(const dissect::Exchange& exchange);

/// "6.0 Windows 11 Enterprise", or "(no request)" for a conversation without one.
std::string product_text(Readable readable, MinorMajor version, const Uuid& activation_id);

/// "6.0", or "unknown" when even the version is missing.
std::string version_text(const dissect::Exchange& exchange);

/// Whether the host answered, but with fewer clients than the product needs.
bool is_count_low(const dissect::Exchange& exchange);

/// Whether only the answer verifies with the MAC key of the profile: the client uses another one.
bool client_has_other_key(const dissect::Exchange& exchange);

/// Whether the client rejects the answer: it fails a check, or the client has another key.
bool fails_checks(const dissect::Exchange& exchange);

}  // namespace diag::decode
