#include "libdiag/base/uuid.h"

#include <array>
#include <cstring>

namespace diag {
namespace {

// The two digits of each byte: an exchange in JSON has a dozen UUIDs.
constexpr auto hex_pairs = [] {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<char, 512> pairs{};
    for (std::size_t byte = 0; byte < 256; ++byte) {
        pairs[2 * byte] = digits[byte >> 4];
        pairs[2 * byte + 1] = digits[byte & 0x0F];
    }
    return pairs;
}();

}  // namespace

void format_to(const Uuid& uuid, char* out) {
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
        std::memcpy(out, &hex_pairs[std::size_t{2} * uuid.wire[detail::uuid_wire_index[i]]], 2);
        out += 2;
    }
}

std::string to_string(const Uuid& uuid) {
    std::string text(36, '\0');
    format_to(uuid, text.data());
    return text;
}

}  // namespace diag
