#include "libdiag/proto/kms/key_profile.h"

#include <catch2/catch.hpp>

#include "tests/proto/kms/kms_vectors.h"

using namespace diag;
using namespace diag::kms;
using namespace diag::test;

namespace {

std::string error_of(std::string_view json) {
    const auto profile = parse_key_profile(json, "p");
    REQUIRE_FALSE(profile);
    CHECK(profile.error().find('\n') == std::string::npos);
    return profile.error();
}

const std::string key16 = "c0ffee00c0ffee01c0ffee02c0ffee03";

}  // namespace

TEST_CASE("key profile: the file of the vectors is read", "[kms][keys]") {
    const auto profile = parse_key_profile(read_repository_file("tests/vectors/lab_keys.json"), "mine");
    REQUIRE(profile);
    CHECK(profile->name == "mine");
    const KeyProfile wanted = lab_keys_of_vectors();
    CHECK(profile->v4 == wanted.v4);
    CHECK(profile->v5 == wanted.v5);
    CHECK(profile->v6 == wanted.v6);
}

TEST_CASE("key profile: versions may be missing, digits be upper case", "[kms][keys]") {
    const auto profile =
        parse_key_profile(R"({"keys": [{"kms_major": 6, "key": "C0FFEE00C0FFEE01C0FFEE02C0FFEE03"}]})", "p");
    REQUIRE(profile);
    CHECK_FALSE(profile->v4);
    CHECK_FALSE(profile->v5);
    REQUIRE(profile->v6);
    CHECK((*profile->v6)[15] == 0x03);
}

TEST_CASE("key profile: what is wrong is said in one line", "[kms][keys]") {
    struct Case {
        std::string name, json, error;
    };
    const Case cases[] = {
        {"empty", "", "not JSON: "},
        {"text", "key: value", "not JSON: "},
        {"cut off", R"({"keys": [)", "not JSON: "},
        {"where", "{\n  \"keys\": oops\n}", "line 2, column 1"},
        {"two values", R"({"keys": []} {})", "more text behind the value (line 1, column 14)"},
        {"an array", "[]", "no list \"keys\""},
        {"no keys", R"({"description": "x"})", "no list \"keys\""},
        {"keys no list", R"({"keys": {}})", "no list \"keys\""},
        {"empty list", R"({"keys": []})", "is empty"},
        {"entry no object", R"({"keys": [4]})", "keys[0]: not an object"},
        {"no major", R"({"keys": [{"key": "00"}]})", "keys[0]: no \"kms_major\""},
        {"major a text", R"({"keys": [{"kms_major": "4", "key": "00"}]})", "keys[0]: no \"kms_major\""},
        {"major 7", R"({"keys": [{"kms_major": 7, "key": "00"}]})", "unknown kms_major 7"},
        {"major 2^32+4", R"({"keys": [{"kms_major": 4294967300, "key": "00"}]})", "unknown kms_major 4294967300"},
        {"no key", R"({"keys": [{"kms_major": 5}]})", "no \"key\""},
        {"key a number", R"({"keys": [{"kms_major": 5, "key": 12}]})", "no \"key\""},
        {"short v4", R"({"keys": [{"kms_major": 4, "key": ")" + key16 + R"("}]})",
         "the key for kms_major 4 has 16 bytes, 20 are needed"},
        {"long v6", R"({"keys": [{"kms_major": 6, "key": ")" + key16 + R"(00"}]})",
         "the key for kms_major 6 has 17 bytes, 16 are needed"},
        {"no hex", R"({"keys": [{"kms_major": 5, "key": "c0ffeeXX"}]})", "the key for kms_major 5 is not hexadecimal"},
        {"twice",
         R"({"keys": [{"kms_major": 5, "key": ")" + key16 + R"("}, {"kms_major": 5, "key": ")" + key16 + R"("}]})",
         "keys[1]: a second key for kms_major 5"},
        {"too large", std::string(max_key_profile_size + 1, ' '), "65537 bytes are too many"},
        {"too deep", std::string(1000, '['), "not JSON: "},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        CHECK_THAT(error_of(c.json), Catch::Contains(c.error));
    }
}

TEST_CASE("key profile: no error shows a key or a piece of one", "[kms][keys]") {
    const std::string whole = R"({"keys": [{"kms_major": 5, "key": ")" + key16 + R"("}]})";
    for (std::size_t n = 0; n < whole.size(); ++n) {
        CAPTURE(n);
        CHECK_THAT(error_of(whole.substr(0, n)), !Catch::Contains("c0ff"));
    }
    CHECK_THAT(error_of(R"({"keys": [{"kms_major": 5, "key": "c0ffee"}]})"), !Catch::Contains("c0ff"));
    CHECK_THAT(error_of(R"({"keys": [{"kms_major": 5, "key": "c0ffee zz"}]})"), !Catch::Contains("c0ff"));
    CHECK_THAT(error_of(R"({"keys": [{"kms_major": 5, "key": "c0ffee\q"}]})"), !Catch::Contains("c0ff"));
}

TEST_CASE("key profile: only the one that comes with the toolkit is built in, whatever others are called",
          "[kms][keys]") {
    CHECK(lab_profile().is_built_in);
    const auto own = parse_key_profile(R"({"keys": [{"kms_major": 5, "key": ")" + key16 + R"("}]})", "lab");
    REQUIRE(own);
    CHECK_FALSE(own->is_built_in);
}
