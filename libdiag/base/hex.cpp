#include "libdiag/base/hex.h"

namespace diag {
namespace {

constexpr std::string_view lower_digits = "0123456789abcdef";
constexpr std::string_view upper_digits = "0123456789ABCDEF";

std::string with_digits(Bytes bytes, std::string_view digits) {
    std::string text(bytes.size() * 2, '0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 0x0F];
    }
    return text;
}

int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string to_hex(Bytes bytes) { return with_digits(bytes, lower_digits); }

std::string to_upper_hex(Bytes bytes) { return with_digits(bytes, upper_digits); }

std::optional<ByteVector> from_hex(std::string_view digits) {
    if (digits.size() % 2 != 0) return std::nullopt;
    ByteVector bytes;
    bytes.reserve(digits.size() / 2);
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const int high = digit_value(digits[i]);
        const int low = digit_value(digits[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
    }
    return bytes;
}

std::string format_code(std::uint32_t code) {
    std::string text = "0x00000000";
    for (std::size_t i = 0; i < 8; ++i) text[2 + i] = upper_digits[(code >> (28 - 4 * i)) & 0x0F];
    return text;
}

}  // namespace diag
