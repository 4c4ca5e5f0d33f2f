#include "libdiag/base/uuid.h"

namespace diag {

void format_to(const Uuid& uuid, char* out) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
        const std::uint8_t byte = uuid.wire[detail::uuid_wire_index[i]];
        *out++ = digits[byte >> 4];
        *out++ = digits[byte & 0x0F];
    }
}

std::string to_string(const Uuid& uuid) {
    std::string text(36, '\0');
    format_to(uuid, text.data());
    return text;
}

}  // namespace diag
