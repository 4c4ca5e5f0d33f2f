#include "libdiag/base/uuid.h"

#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"

using namespace diag;

TEST_CASE("uuid: the wire has the first three groups reversed", "[base]") {
    const auto windows = Uuid::parse("55c92734-d682-4d71-983e-d6ec3f16059f");  // protocol.md 5.1
    REQUIRE(windows);
    CHECK(to_hex(windows->wire) == "3427c95582d6714d983ed6ec3f16059f");
    CHECK(to_string(*windows) == "55c92734-d682-4d71-983e-d6ec3f16059f");
}

TEST_CASE("uuid: either case reads, lower case prints", "[base]") {
    CHECK(Uuid::parse("55C92734-D682-4D71-983E-D6EC3F16059F") == Uuid::parse("55c92734-d682-4d71-983e-d6ec3f16059f"));
    CHECK(to_string(*Uuid::parse("ABCDEFAB-CDEF-ABCD-EFAB-CDEFABCDEFAB")) == "abcdefab-cdef-abcd-efab-cdefabcdefab");
}

TEST_CASE("uuid: texts of any other form are refused", "[base]") {
    for (const char* text : {"", "55c92734", "55c92734-d682-4d71-983e-d6ec3f16059",
                             "55c92734-d682-4d71-983e-d6ec3f16059f0", "{55c92734-d682-4d71-983e-d6ec3f1605}",
                             "55c92734xd682-4d71-983e-d6ec3f16059f", "55c92734-d682-4d71-983e-d6ec3f16059g",
                             "55c9273-4d682-4d71-983e-d6ec3f16059f", "55c92734d-682-4d71-983e-d6ec3f16059f"}) {
        CAPTURE(text);
        CHECK_FALSE(Uuid::parse(text));
    }
}

TEST_CASE("uuid: nil is nil and nothing else is", "[base]") {
    CHECK(Uuid{}.is_nil());
    CHECK(to_string(Uuid{}) == "00000000-0000-0000-0000-000000000000");
    for (std::size_t i = 0; i < 16; ++i) {
        Uuid uuid;
        uuid.wire[i] = 1;
        CHECK_FALSE(uuid.is_nil());
    }
}

TEST_CASE("uuid: format_to writes its 36 characters and no more", "[base]") {
    std::string text(38, '#');
    format_to(*Uuid::parse("00112233-4455-6677-8899-aabbccddeeff"), text.data() + 1);
    CHECK(text == "#00112233-4455-6677-8899-aabbccddeeff#");
}

static_assert(Uuid::parse("51c82175-844e-4750-b0d8-ec255555bc06")->wire[0] == 0x75, "usable at compile time");
static_assert(!Uuid::parse("51c82175"), "also for refusals");
