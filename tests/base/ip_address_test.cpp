#include "libdiag/base/ip_address.h"

#include <catch2/catch.hpp>
#include <map>

using namespace diag;

TEST_CASE("ip address: texts of both families read and print in their usual form", "[base]") {
    struct Case {
        const char *text, *printed;
        IpAddress::Family family;
    };
    const Case table[] = {
        {"192.0.2.10", "192.0.2.10", IpAddress::Family::v4},
        {"0.0.0.0", "0.0.0.0", IpAddress::Family::v4},
        {"255.255.255.255", "255.255.255.255", IpAddress::Family::v4},
        {"2001:0DB8:0:0:0:0:0:10", "2001:db8::10", IpAddress::Family::v6},  // RFC 5952
        {"::", "::", IpAddress::Family::v6},
        {"::1", "::1", IpAddress::Family::v6},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1", IpAddress::Family::v6},
    };
    for (const Case& c : table) {
        CAPTURE(c.text);
        const auto address = IpAddress::parse(c.text);
        REQUIRE(address);
        CHECK(address->family == c.family);
        CHECK(to_string(*address) == c.printed);
        CHECK(IpAddress::parse(to_string(*address)) == address);
    }
}

TEST_CASE("ip address: other texts are refused, also with a NUL or blanks inside", "[base]") {
    for (const std::string_view text :
         {std::string_view{""}, std::string_view{"1.2.3"}, std::string_view{"1.2.3.256"}, std::string_view{"1.2.3.4 "},
          std::string_view{"fe80::1%eth0"}, std::string_view{"[::1]"}, std::string_view{"::1::"},
          std::string_view{"localhost"}, std::string_view{"1.2.3.4\0.evil", 13}}) {
        CAPTURE(text);
        CHECK_FALSE(IpAddress::parse(text));
    }
}

TEST_CASE("ip address: bytes come back as they went in", "[base]") {
    const ByteVector four = {192, 0, 2, 10};
    ByteVector sixteen(16);
    for (std::size_t i = 0; i < 16; ++i) sixteen[i] = static_cast<std::uint8_t>(i);
    const IpAddress v4 = IpAddress::v4(four);
    const IpAddress v6 = IpAddress::v6(sixteen);
    CHECK(ByteVector{v4.bytes().begin(), v4.bytes().end()} == four);
    CHECK(ByteVector{v6.bytes().begin(), v6.bytes().end()} == sixteen);
    CHECK(to_string(v6) == "1:203:405:607:809:a0b:c0d:e0f");
}

TEST_CASE("ip address: families are never equal, so both can be keys of one map", "[base]") {
    const IpAddress v4 = *IpAddress::parse("0.0.0.0");
    const IpAddress v6 = *IpAddress::parse("::");
    CHECK(v4 != v6);
    CHECK(std::map<IpAddress, int>{{v4, 4}, {v6, 6}}.size() == 2);
}

TEST_CASE("endpoint: IPv6 stands in brackets", "[base]") {
    CHECK(to_string(Endpoint{*IpAddress::parse("192.0.2.10"), 1688}) == "192.0.2.10:1688");
    CHECK(to_string(Endpoint{*IpAddress::parse("2001:db8::10"), 65535}) == "[2001:db8::10]:65535");
}
