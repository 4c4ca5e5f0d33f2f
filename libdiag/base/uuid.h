#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "libdiag/base/bytes.h"

namespace diag {

/// A GUID, kept in the order of a little-endian wire: first three groups reversed, last two as printed (protocol.md 5.1).
/// Any 16 bytes are a valid value: real ids exist whose version digit is 0.
struct Uuid {
    std::array<std::uint8_t, 16> wire{};

    bool is_nil() const { return *this == Uuid{}; }
    friend bool operator==(const Uuid&, const Uuid&) = default;
    friend auto operator<=>(const Uuid&, const Uuid&) = default;

    /// Reads "55c92734-d682-4d71-983e-d6ec3f16059f" in either case; usable for constants at compile time.
    static constexpr std::optional<Uuid> parse(std::string_view text);
};

/// Lower case with dashes.
std::string to_string(const Uuid& uuid);

/// Writes the 36 characters of to_string() to `out`, without a terminator.
void format_to(const Uuid& uuid, char* out);

namespace detail {

constexpr int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Where the byte that is printed n-th stands on a little-endian wire.
inline constexpr std::array<std::uint8_t, 16> uuid_wire_index = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

}  // namespace detail

constexpr std::optional<Uuid> Uuid::parse(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    Uuid uuid;
    std::size_t at = 0;
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            if (text[at++] != '-') return std::nullopt;
        }
        const int high = detail::hex_value(text[at]);
        const int low = detail::hex_value(text[at + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        uuid.wire[detail::uuid_wire_index[i]] = static_cast<std::uint8_t>(high * 16 + low);
        at += 2;
    }
    return uuid;
}

}  // namespace diag
