#include "libdiag/wire/writer.h"

#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"
#include "libdiag/wire/reader.h"

using namespace diag;

TEST_CASE("writer: numbers and GUIDs in both byte orders", "[wire]") {
    const Uuid uuid = *Uuid::parse("00112233-4455-6677-8899-aabbccddeeff");
    for (const auto order : {std::endian::little, std::endian::big}) {
        Writer w{order};
        w.u8(0x01);
        w.u16(0x0203);
        w.u32(0x04050607);
        w.u64(0x08090a0b0c0d0e0f);
        w.uuid(uuid);
        CHECK(to_hex(w.view()) == (order == std::endian::little ? "01"
                                                                  "0302"
                                                                  "07060504"
                                                                  "0f0e0d0c0b0a0908"
                                                                  "33221100554477668899aabbccddeeff"
                                                                : "01"
                                                                  "0203"
                                                                  "04050607"
                                                                  "08090a0b0c0d0e0f"
                                                                  "00112233445566778899aabbccddeeff"));
    }
}

TEST_CASE("writer: what it writes a reader reads", "[wire]") {
    const Uuid uuid = *Uuid::parse("12345678-9abc-def0-1122-334455667788");
    for (const auto order : {std::endian::little, std::endian::big}) {
        Writer w{order};
        w.u32(0xDEADBEEF);
        w.uuid(uuid);
        w.u64(1);
        Reader r{w.view(), order};
        CHECK(r.u32("a") == 0xDEADBEEF);
        CHECK(r.uuid("b") == uuid);
        CHECK(r.u64("c") == 1);
        CHECK(r.remaining() == 0);
    }
}

TEST_CASE("writer: alignment adds zero bytes up to a multiple, and none on one", "[wire]") {
    Writer w;
    w.align(4);
    CHECK(w.size() == 0);
    w.u8(0xFF);
    w.align(4);
    CHECK(to_hex(w.view()) == "ff000000");
    w.align(4);
    CHECK(w.size() == 4);
    w.zeros(2);
    w.align(8);
    CHECK(w.size() == 8);
}

TEST_CASE("writer: patches change their bytes and no others, in its byte order", "[wire]") {
    for (const auto order : {std::endian::little, std::endian::big}) {
        Writer w{order};
        w.bytes(*from_hex("aaaaaaaaaaaaaaaaaaaa"));
        w.patch_u8(0, 0x01);
        w.patch_u16(2, 0x0203);
        w.patch_u32(6, 0x04050607);
        CHECK(to_hex(w.take()) == (order == std::endian::little ? "01aa0302aaaa07060504" : "01aa0203aaaa04050607"));
    }
}
