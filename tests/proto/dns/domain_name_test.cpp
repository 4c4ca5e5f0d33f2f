#include <catch2/catch.hpp>

#include <random>

#include "libdiag/proto/dns/domain_name.h"
#include "tests/support/exact_buffer.h"
#include "tests/support/packet_builder.h"

using namespace diag;
using namespace diag::test;
using dns::DomainName;

namespace {

DomainName name(std::string_view text) {
    const auto parsed = DomainName::parse(text);
    REQUIRE(parsed);
    return *parsed;
}

Decoded<DomainName> read(Bytes message, std::size_t at) {
    Reader r{message.subspan(at), std::endian::big, at};
    DomainName out = dns::read_name(r, message, "name");
    if (r.failed()) return std::unexpected(r.error());
    return out;
}

/// Why a name cannot be read; nullopt when it can.
std::optional<WireError::Kind> failure(Bytes message, std::size_t at) {
    const auto name = read(message, at);
    return name ? std::nullopt : std::optional{name.error().kind};
}

}  // namespace

TEST_CASE("domain name: text to labels and back", "[dns]") {
    const DomainName srv = name("_vlmcs._tcp.corp.example.test.");
    REQUIRE(srv.labels().size() == 5);
    CHECK(join({srv.labels()[0]}) == join({bytes_of("_vlmcs")}));
    CHECK(to_string(srv) == "_vlmcs._tcp.corp.example.test");
    CHECK(srv == name("_vlmcs._tcp.corp.example.test"));
    CHECK(srv.wire_size() == 31);
    CHECK(to_string(name(".")) == ".");
    CHECK(name(".").is_root());
}

TEST_CASE("domain name: escapes (RFC 1035 5.1, RFC 4343 2.1)", "[dns]") {
    const DomainName odd = name("a\\.b\\\\.\\000\\032\\255x.c");
    REQUIRE(odd.labels().size() == 3);
    CHECK(join({odd.labels()[0]}) == join({bytes_of("a.b\\")}));
    CHECK(join({odd.labels()[1]}) == test::bytes({0, 32, 255, 'x'}));
    CHECK(to_string(odd) == "a\\.b\\\\.\\000\\032\\255x.c");
    // What a terminal would act upon never appears: ESC, newline, UTF-8 bytes.
    DomainName hostile;
    REQUIRE(hostile.append(test::bytes({0x1b, '[', '2', 'J', '\n', 0xc3, 0xa4})));
    CHECK(to_string(hostile) == "\\027[2J\\010\\195\\164");
}

TEST_CASE("domain name: texts that are none", "[dns]") {
    for (const std::string_view text : {"", "..", "a..b", ".a", "a\\", "a\\25", "a\\256", "a\\2x5"}) {
        CAPTURE(text);
        CHECK_FALSE(DomainName::parse(text));
    }
    CHECK(DomainName::parse(std::string(63, 'a')));
    CHECK_FALSE(DomainName::parse(std::string(64, 'a')));
    // 3 labels of 63 bytes and a fourth of 61: 3 * (1 + 63) + (1 + 61) + 1 = 255.
    const std::string label(63, 'a');
    const std::string three = label + '.' + label + '.' + label + '.';
    CHECK(DomainName::parse(three + label.substr(0, 61)));
    CHECK_FALSE(DomainName::parse(three + label.substr(0, 62)));
}

TEST_CASE("domain name: parse(to_string(x)) is x for any bytes", "[dns]") {
    std::mt19937_64 random{7};
    for (int round = 0; round < 2000; ++round) {
        DomainName original;
        for (std::size_t count = random() % 6; count > 0; --count) {
            ByteVector label(1 + random() % 30);
            for (auto& byte : label) byte = static_cast<std::uint8_t>(random());
            REQUIRE(original.append(label));
        }
        const std::string text = to_string(original);
        CAPTURE(text);
        for (const char c : text) REQUIRE((c > ' ' && c < 0x7f));
        CHECK(name(text) == original);
    }
}

TEST_CASE("domain name: case is ignored for ASCII letters only (RFC 4343)", "[dns]") {
    CHECK(is_same_name(name("_VLMCS._tcp.Example.TEST"), name("_vlmcs._TCP.example.test")));
    CHECK_FALSE(is_same_name(name("a.b"), name("a.c")));
    CHECK_FALSE(is_same_name(name("a.b"), name("a\\.b")));
    CHECK_FALSE(is_same_name(name("[x"), name("{x")));  // 0x5b and 0x7b differ by the same bit as letters do
    CHECK_FALSE(is_same_name(name("\\196"), name("\\228")));
}

TEST_CASE("domain name: compression leads backwards (RFC 1035 4.1.4)", "[dns]") {
    // The RFC's own example: F.ISI.ARPA, FOO.F.ISI.ARPA, ARPA and the root.
    ByteVector message(92, 0);
    const auto put = [&](std::size_t at, Bytes content) {
        std::copy(content.begin(), content.end(), message.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(20, test::bytes({1, 'F', 3, 'I', 'S', 'I', 4, 'A', 'R', 'P', 'A', 0}));
    put(40, test::bytes({3, 'F', 'O', 'O', 0xc0, 20}));
    put(64, test::bytes({0xc0, 26}));
    CHECK(to_string(*read(message, 20)) == "F.ISI.ARPA");
    CHECK(to_string(*read(message, 40)) == "FOO.F.ISI.ARPA");
    CHECK(to_string(*read(message, 64)) == "ARPA");
    CHECK(to_string(*read(message, 91)) == ".");
    Reader r{Bytes{message}.subspan(40), std::endian::big, 40};
    dns::read_name(r, message, "name");
    CHECK(r.offset() == 46);  // behind the pointer, not behind what it leads to
}

TEST_CASE("domain name: loops, forward pointers and reserved labels are refused", "[dns]") {
    CHECK(failure(test::bytes({0xc0, 0x00}), 0) == WireError::Kind::malformed);              // to itself
    CHECK(failure(test::bytes({1, 'a', 0xc0, 0x00}), 0) == WireError::Kind::malformed);      // to its own start
    CHECK(failure(test::bytes({0xc0, 0x02, 0xc0, 0x00}), 2) == WireError::Kind::malformed);  // two in a circle
    CHECK(failure(test::bytes({0xc0, 0x02, 1, 'a', 0}), 0) == WireError::Kind::malformed);   // forward
    // Back to the first byte, from there forwards to a name in front of the start: still not backwards all the way.
    CHECK(failure(test::bytes({0xc0, 0x02, 1, 'a', 0, 0xc0, 0x00}), 5) == WireError::Kind::malformed);
    CHECK(failure(test::bytes({0xc0, 0xff}), 0) == WireError::Kind::malformed);    // outside
    CHECK(failure(test::bytes({0x40, 'a', 0}), 0) == WireError::Kind::malformed);  // RFC 6891 5
    CHECK(failure(test::bytes({0x80, 'a', 0}), 0) == WireError::Kind::malformed);
    CHECK(failure(test::bytes({2, 'a'}), 0) == WireError::Kind::truncated);
    CHECK(failure(test::bytes({1, 'a', 0xc0}), 0) == WireError::Kind::truncated);
    CHECK(failure({}, 0) == WireError::Kind::truncated);
}

TEST_CASE("domain name: long chains of pointers end at the limit, long names at 255 bytes", "[dns]") {
    const auto chain = [](unsigned hop_count) {
        ByteVector message(2, 0);  // the root, then pointers each to the one before
        for (unsigned i = 0; i < hop_count; ++i) {
            const std::size_t target = i == 0 ? 0 : message.size() - 2;
            message.push_back(static_cast<std::uint8_t>(0xc0U | target >> 8U));
            message.push_back(static_cast<std::uint8_t>(target));
        }
        return read(message, message.size() - 2);
    };
    CHECK(chain(dns::max_pointer_hops));
    CHECK(chain(dns::max_pointer_hops + 1).error().kind == WireError::Kind::limit);

    ByteVector message;
    for (int i = 0; i < 5; ++i) message = join({message, test::bytes({63}), ByteVector(63, 'a')});
    message.push_back(0);
    CHECK(failure(message, 0) == WireError::Kind::malformed);
}

TEST_CASE("domain name: every cut is truncated, none is read past", "[dns]") {
    const ByteVector wire = join({name("kms1.corp.example.test").wire_labels(), test::bytes({0})});
    for (std::size_t n = 0; n < wire.size(); ++n) {
        const ExactBuffer cut{wire, n};
        CAPTURE(n);
        const auto decoded = read(cut.bytes(), 0);
        REQUIRE_FALSE(decoded);
        CHECK(decoded.error().kind == WireError::Kind::truncated);
    }
}
