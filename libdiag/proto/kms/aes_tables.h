#pragma once

#include <array>
#include <cstdint>

// What the portable Rijndael of this folder is made of, computed at compile time from its definition (FIPS 197 section 4
// and 5). Tables indexed by secret bytes are not constant-time: the keys that this toolkit handles guard no secret of its
// users, and its peers are captures.

namespace diag::kms::aes {

/// Multiplication by x in GF(2^8), FIPS 197 4.2.1.
constexpr std::uint8_t xtime(std::uint8_t a) {
    return static_cast<std::uint8_t>((a << 1) ^ ((a & 0x80) != 0 ? 0x1B : 0));
}

constexpr std::uint8_t multiply(std::uint8_t a, std::uint8_t b) {
    std::uint8_t product = 0;
    for (; b != 0; b >>= 1) {
        if ((b & 1) != 0) product ^= a;
        a = xtime(a);
    }
    return product;
}

struct SBoxes {
    std::array<std::uint8_t, 256> forward{}, inverse{};
};

/// FIPS 197 5.1.1: the multiplicative inverse, then an affine map. 3 generates the field, 0xF6 is its inverse.
constexpr SBoxes make_s_boxes() {
    SBoxes boxes;
    std::uint8_t p = 1;
    std::uint8_t q = 1;
    const auto rotated = [](std::uint8_t v, int n) { return static_cast<std::uint8_t>((v << n) | (v >> (8 - n))); };
    do {
        p = multiply(p, 3);
        q = multiply(q, 0xF6);
        const auto value =
            static_cast<std::uint8_t>(q ^ rotated(q, 1) ^ rotated(q, 2) ^ rotated(q, 3) ^ rotated(q, 4) ^ 0x63);
        boxes.forward[p] = value;
        boxes.inverse[value] = p;
    } while (p != 1);
    boxes.forward[0] = 0x63;
    boxes.inverse[0x63] = 0;
    return boxes;
}
inline constexpr SBoxes s_boxes = make_s_boxes();

}  // namespace diag::kms::aes
