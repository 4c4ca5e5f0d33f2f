#include "libdiag/wire/reader.h"

#include <catch2/catch.hpp>
#include <limits>

#include "libdiag/base/hex.h"
#include "tests/support/exact_buffer.h"

using namespace diag;
using diag::test::ExactBuffer;

namespace {

const ByteVector digits = *from_hex("0102030405060708090a0b0c0d0e0f10");

}  // namespace

TEST_CASE("reader: numbers of every width in both byte orders", "[wire]") {
    Reader little{digits};
    CHECK(little.u8("a") == 0x01);
    CHECK(little.u16("b") == 0x0302);
    CHECK(little.u32("c") == 0x07060504);
    CHECK(little.u64("d") == 0x0f0e0d0c0b0a0908);
    Reader big{digits, std::endian::big};
    CHECK(big.u8("a") == 0x01);
    CHECK(big.u16("b") == 0x0203);
    CHECK(big.u32("c") == 0x04050607);
    CHECK(big.u64("d") == 0x08090a0b0c0d0e0f);
    CHECK(big.remaining() == 1);
    CHECK(big.finish());
}

TEST_CASE("reader: a GUID's first three groups follow the byte order", "[wire]") {
    Reader little{digits};
    Reader big{digits, std::endian::big};
    CHECK(to_string(little.uuid("id")) == "04030201-0605-0807-090a-0b0c0d0e0f10");
    CHECK(to_string(big.uuid("id")) == "01020304-0506-0708-090a-0b0c0d0e0f10");
}

TEST_CASE("reader: each read past the end fails with its field and offset, and touches nothing behind it", "[wire]") {
    for (std::size_t size = 0; size < 8; ++size) {
        const ExactBuffer exact{digits, size};
        Reader r{exact, std::endian::little, 100};
        CAPTURE(size);
        CHECK(r.u64("number") == 0);
        CHECK(r.failed());
        CHECK(r.error() == WireError{WireError::Kind::truncated, 100, "number"});
        CHECK(r.position() == 0);
    }
}

TEST_CASE("reader: after a failure every read gives zero or nothing and the first error stays", "[wire]") {
    Reader r{digits};
    r.skip(10, "head");
    CHECK(r.bytes(7, "body").empty());
    CHECK(r.u8("later") == 0);
    CHECK(r.uuid("later").is_nil());
    CHECK(r.array<4>("later") == std::array<std::uint8_t, 4>{});
    CHECK(r.bytes(0, "later").empty());
    CHECK(r.rest().empty());
    CHECK(r.remaining() == 0);
    r.align(4, "later");
    r.fail(WireError::Kind::malformed, "later");
    r.fail(WireError{WireError::Kind::limit, 1, "later"});
    CHECK(r.position() == 10);
    REQUIRE_FALSE(r.finish());
    CHECK(r.finish().error() == WireError{WireError::Kind::truncated, 10, "body"});
}

TEST_CASE("reader: sizes near the largest do not wrap around", "[wire]") {
    for (const std::size_t size :
         {std::numeric_limits<std::size_t>::max(), std::numeric_limits<std::size_t>::max() - 3}) {
        Reader r{digits};
        r.skip(4, "head");
        CHECK(r.bytes(size, "huge").empty());
        CHECK(r.failed());
    }
}

TEST_CASE("reader: an inner reader cannot leave its part, and offsets count from the outermost message", "[wire]") {
    Reader outer{digits, std::endian::big, 1000};
    outer.skip(2, "head");
    Reader inner = outer.sub(3, "inner");
    CHECK(outer.position() == 5);
    CHECK(inner.order() == std::endian::big);
    CHECK(inner.u16("a") == 0x0304);
    CHECK(inner.u16("b") == 0);
    CHECK(inner.error() == WireError{WireError::Kind::truncated, 1004, "b"});
    CHECK_FALSE(outer.failed());
    CHECK(outer.u8("next") == 0x06);
}

TEST_CASE("reader: an inner reader of a failed one, or beyond the end, carries the error", "[wire]") {
    Reader r{digits};
    Reader beyond = r.sub(17, "inner");
    CHECK(beyond.failed());
    CHECK(beyond.error() == WireError{WireError::Kind::truncated, 0, "inner"});
    CHECK(r.sub(0, "later").error().field == "inner");
}

TEST_CASE("reader: takes over the error of an inner reader", "[wire]") {
    Reader r{digits};
    Reader inner = r.sub(1, "inner");
    inner.u16("number");
    r.fail(inner.error());
    CHECK(r.finish().error() == WireError{WireError::Kind::truncated, 0, "number"});
}

TEST_CASE("reader: alignment counts from the start of its data", "[wire]") {
    Reader r{digits, std::endian::little, 3};
    r.align(4, "pad");
    CHECK(r.position() == 0);
    r.skip(1, "head");
    r.align(4, "pad");
    CHECK(r.position() == 4);
    r.align(8, "pad");
    CHECK(r.position() == 8);
    r.skip(7, "head");
    r.align(16, "pad");
    CHECK(r.position() == 16);
    Reader cut{head(digits, 5)};
    cut.skip(5, "head");
    cut.align(4, "pad");
    CHECK(cut.error() == WireError{WireError::Kind::truncated, 5, "pad"});
}

TEST_CASE("reader: the byte order may change on the way", "[wire]") {
    Reader r{digits};
    CHECK(r.u16("a") == 0x0201);
    r.set_order(std::endian::big);
    CHECK(r.u16("b") == 0x0304);
}

TEST_CASE("reader: an empty one is whole until something is read", "[wire]") {
    Reader r{Bytes{}};
    CHECK(r.finish());
    CHECK(r.rest().empty());
    r.skip(0, "nothing");
    CHECK(r.finish());
    r.skip(1, "something");
    CHECK_FALSE(r.finish());
}
