#include "libdiag/base/hex.h"

#include <catch2/catch.hpp>

using namespace diag;

TEST_CASE("hex: bytes print as two digits each, in the case asked for", "[base]") {
    const ByteVector bytes = {0x00, 0x0F, 0xA5, 0xFF};
    CHECK(to_hex(bytes) == "000fa5ff");
    CHECK(to_upper_hex(bytes) == "000FA5FF");
    CHECK(to_hex({}).empty());
}

TEST_CASE("hex: every byte survives the way there and back, in either case", "[base]") {
    ByteVector all(256);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(i);
    CHECK(from_hex(to_hex(all)) == all);
    CHECK(from_hex(to_upper_hex(all)) == all);
}

TEST_CASE("hex: odd numbers of digits and other characters are refused", "[base]") {
    CHECK(from_hex("") == ByteVector{});
    for (const char* text : {"0", "000", "0g", "g0", "0x", " 0", "0 ", "-1", "0\xC3"}) {
        CAPTURE(text);
        CHECK_FALSE(from_hex(text));
    }
    CHECK_FALSE(from_hex(std::string_view{"0\0", 2}));
}

TEST_CASE("hex: codes print as Windows prints them", "[base]") {
    CHECK(format_code(0) == "0x00000000");
    CHECK(format_code(0x8007000D) == "0x8007000D");
    CHECK(format_code(0xFFFFFFFF) == "0xFFFFFFFF");
}
