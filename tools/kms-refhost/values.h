#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/session/host_settings.h"

// The values of options, from text. Errors are one line for people, without the option's name.

namespace diag::refhost {

/// "-90", "90s", "-5h", "30d": a number with an optional sign and unit (s, m, h, d); without a unit seconds.
std::expected<std::chrono::seconds, std::string> parse_offset(std::string_view text);

/// Sixteen hexadecimal digits.
std::expected<FixedBytes<8>, std::string> parse_hwid(std::string_view text);

/// "2025-01-15".
std::expected<std::chrono::year_month_day, std::string> parse_date(std::string_view text);

/// "ws2022" or "ws2022:30000123".
std::expected<session::InstalledKey, std::string> parse_host_key(std::string_view text);

/// The host keys that a host needs for a product: "windows", "office", or the activation id or counted id of a product, for
/// which the newest key that activates it is taken.
std::expected<std::vector<session::InstalledKey>, std::string> keys_for_product(std::string_view text);

}  // namespace diag::refhost
