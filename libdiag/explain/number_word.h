#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace diag::explain {

/// How a number was written decides what it can be: events are decimal, HRESULTs are not positive decimals.
struct NumberWord {
    enum class Form : std::uint8_t { hex, bare_hex, decimal, negative } form;
    std::uint32_t value;
};

/// "0xC004F074" (1 to 8 digits), "C004F074" and "80070005" (exactly 8: hexadecimal), "1722", "-1073418124".
std::optional<NumberWord> parse_number(std::string_view word);

}  // namespace diag::explain
