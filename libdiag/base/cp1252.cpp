#include "libdiag/base/cp1252.h"

#include "libdiag/base/utf.h"

namespace diag {
namespace {

// 0x80 to 0x9F; all other bytes are the character of their number.
constexpr char16_t middle[] = {
    0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178,
};
static_assert(std::size(middle) == 32);

}  // namespace

std::string utf8_from_cp1252(Bytes text) {
    ByteVector units;
    units.reserve(2 * text.size());
    for (const std::uint8_t byte : text) {
        const char16_t unit = byte >= 0x80 && byte < 0xA0 ? middle[byte - 0x80] : byte == 0 ? u' ' : char16_t{byte};
        units.push_back(static_cast<std::uint8_t>(unit & 0xFF));
        units.push_back(static_cast<std::uint8_t>(unit >> 8));
    }
    return utf8_from_utf16le(units);
}

}  // namespace diag
