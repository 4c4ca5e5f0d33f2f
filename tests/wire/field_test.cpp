#include "libdiag/wire/field.h"

#include <catch2/catch.hpp>
#include <random>

#include "libdiag/base/hex.h"
#include "tests/support/exact_buffer.h"

using namespace diag;

namespace {

struct Sample {
    std::uint8_t byte = 0;
    std::uint16_t half = 0;
    std::uint32_t word = 0;
    std::uint64_t wide = 0;
    Uuid id;
    Filetime time;
    MinorMajor message_version;
    MajorMinor interface_version;
    FixedBytes<3> raw = {};
    friend bool operator==(const Sample&, const Sample&) = default;
};

constexpr Field<Sample> fields[] = {
    {"byte", "Byte", &Sample::byte},
    {"half", "Half", &Sample::half},
    {"word", "Word", &Sample::word},
    {"wide", "Wide", &Sample::wide},
    {"id", "Id", &Sample::id},
    {"time", "Time", &Sample::time},
    {"message_version", "Message version", &Sample::message_version},
    {"interface_version", "Interface version", &Sample::interface_version},
    {"raw", "Raw", &Sample::raw, Show::bytes},
};
constexpr std::size_t sample_size = 1 + 2 + 4 + 8 + 16 + 8 + 4 + 4 + 3;
static_assert(size_of<Sample>(fields) == sample_size);

const Sample sample = {.byte = 1,
                       .half = 0x0203,
                       .word = 0x04050607,
                       .wide = 0x08090a0b0c0d0e0f,
                       .id = *Uuid::parse("00112233-4455-6677-8899-aabbccddeeff"),
                       .time = {0x1011121314151617},
                       .message_version = {.minor = 0x1819, .major = 0x1a1b},
                       .interface_version = {.major = 0x1c1d, .minor = 0x1e1f},
                       .raw = {0x20, 0x21, 0x22}};

constexpr const char* little =
    "01"
    "0302"
    "07060504"
    "0f0e0d0c0b0a0908"
    "33221100554477668899aabbccddeeff"
    "1716151413121110"
    "1918"
    "1b1a"  // minor, then major
    "1d1c"
    "1f1e"  // one number, major in its low half
    "202122";
constexpr const char* big =
    "01"
    "0203"
    "04050607"
    "08090a0b0c0d0e0f"
    "00112233445566778899aabbccddeeff"
    "1011121314151617"
    "1819"
    "1a1b"
    "1e1f"
    "1c1d"  // the low half of a big-endian number stands behind
    "202122";

}  // namespace

TEST_CASE("fields: a table encodes and decodes every type in both byte orders", "[wire]") {
    for (const auto order : {std::endian::little, std::endian::big}) {
        const char* expected = order == std::endian::little ? little : big;
        Writer w{order};
        encode_fields<Sample>(w, fields, sample);
        CHECK(to_hex(w.view()) == expected);
        Reader r{w.view(), order};
        Sample again;
        decode_fields<Sample>(r, fields, again);
        CHECK(r.finish());
        CHECK(r.remaining() == 0);
        CHECK(again == sample);
    }
}

TEST_CASE("fields: a cut table names the field that is missing and keeps those before it", "[wire]") {
    const ByteVector whole = *from_hex(little);
    for (std::size_t n = 0; n < whole.size(); ++n) {
        const test::ExactBuffer cut{whole, n};
        Reader r{cut};
        Sample out;
        decode_fields<Sample>(r, fields, out);
        CAPTURE(n);
        REQUIRE(r.failed());
        std::size_t end = 0;
        for (const auto& f : fields) {
            end += size_of(f);
            if (end <= n) continue;
            // The second half of a message version is read by itself: the offset may lie inside the field.
            CHECK(r.error().field == f.key);
            CHECK(r.error().offset >= end - size_of(f));
            break;
        }
        if (n >= 7) CHECK(out.word == sample.word);
        if (n >= 31) CHECK(out.id == sample.id);
        if (n < 50) CHECK(out.raw == FixedBytes<3>{});
    }
}

TEST_CASE("names: a value without a name has an empty one", "[wire]") {
    constexpr Name names[] = {{0, "none"}, {7, "seven"}};
    static_assert(name_of(names, 7) == "seven");
    CHECK(name_of(names, 0) == "none");
    CHECK(name_of(names, 1).empty());
    CHECK(name_of({}, 1).empty());
}
