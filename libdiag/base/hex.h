#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "libdiag/base/bytes.h"

namespace diag {

/// Lower-case hexadecimal digits, two a byte, without separators.
std::string to_hex(Bytes bytes);

/// The same in upper case, as Windows prints hardware ids.
std::string to_upper_hex(Bytes bytes);

/// Reads pairs of hexadecimal digits of either case. nullopt for an odd number of digits or any other character.
std::optional<ByteVector> from_hex(std::string_view digits);

/// "0x0000000A": a 32-bit code as Windows prints it: upper case, eight digits.
std::string format_code(std::uint32_t code);

}  // namespace diag
