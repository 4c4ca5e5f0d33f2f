#pragma once

#include <string>

#include "libdiag/dissect/conversation.h"

namespace diag::decode {

/// How much of a request can be told.
enum class Readable : std::uint8_t { nothing, version_only, closed, open };
Readable readable(const dissect::Exchange& exchange);

/// The product that a request names, by the catalogue: "Windows 11 Enterprise"; the activation id when it is not in the
/// catalogue, "(protected)" when the body stays closed, "(not readable)" when it is damaged or cut.
std::string product_name(Readable readable, const Uuid& activation_id);
std::string product_name(const dissect::Exchange& exchange);

/// "6.0 Windows 11 Enterprise", or "-" for a conversation without a request.
std::string product_text(Readable readable, MinorMajor version, const Uuid& activation_id);

/// "6.0", or "-" when even the version is missing.
std::string version_text(const dissect::Exchange& exchange);

/// Whether the host answered, but with fewer clients than the product needs.
bool is_count_low(const dissect::Exchange& exchange);

/// Whether the answer fails a check that makes a client reject it.
bool fails_checks(const dissect::Exchange& exchange);

}  // namespace diag::decode
