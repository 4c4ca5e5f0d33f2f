#include "libdiag/redact/pseudonyms.h"

#include <catch2/catch.hpp>
#include <set>

#include "libdiag/base/utf.h"
#include "libdiag/proto/dns/service_name.h"
#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/proto/kms/epid.h"

using namespace diag;
using redact::Pseudonyms;

namespace {

const Pseudonyms& names() {
    static const Pseudonyms pseudonyms{bytes_of("a key of the tests")};
    return pseudonyms;
}

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

std::size_t common_bits(const IpAddress& a, const IpAddress& b) {
    for (std::size_t bit = 0; bit < a.bytes().size() * 8; ++bit)
        if (((a.octets[bit / 8] ^ b.octets[bit / 8]) >> (7 - bit % 8) & 1) != 0) return bit;
    return a.bytes().size() * 8;
}

// The classes of v4 once more, by their numbers, as RFC 6890 lists them.
std::string class_of(const IpAddress& a) {
    const unsigned x = a.octets[0], y = a.octets[1];
    if (a.family == IpAddress::Family::v6) return "v6";
    if (x == 0) return "this network";
    if (x == 10) return "10/8";
    if (x == 100 && y >= 64 && y < 128) return "100.64/10";
    if (x == 127) return "loopback";
    if (x == 169 && y == 254) return "link-local";
    if (x == 172 && y >= 16 && y < 32) return "172.16/12";
    if (x == 192 && y == 168) return "192.168/16";
    if (x >= 240) return "reserved";
    if (x >= 224) return "multicast";
    return "public";
}

bool is_letter_or_digit(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

}  // namespace

TEST_CASE("pseudonyms: a label keeps length, case, digits and signs, and no letter or digit stays", "[redact]") {
    const std::string_view label = GENERATE("CLIENT-0042", "kms-host_a", "x", "Ab1", "WIN-7Q2K9", "desktop 7");
    const std::string out = names().label(label);
    CAPTURE(label, out);
    REQUIRE(out.size() == label.size());
    for (std::size_t i = 0; i < label.size(); ++i) {
        const auto a = static_cast<unsigned char>(label[i]), b = static_cast<unsigned char>(out[i]);
        CHECK((std::isupper(a) != 0) == (std::isupper(b) != 0));
        CHECK((std::islower(a) != 0) == (std::islower(b) != 0));
        CHECK((std::isdigit(a) != 0) == (std::isdigit(b) != 0));
        CHECK((a == b) == !is_letter_or_digit(label[i]));
    }
}

TEST_CASE("pseudonyms: names in another case stay the same name, and a cut name stays the beginning", "[redact]") {
    const std::string whole = names().label("workstation-of-accounting");
    const std::string cut = names().label("WORKSTATION-OF-");  // NetBIOS
    CHECK(dns::lower_case(cut) == whole.substr(0, 15));
    CHECK(dns::lower_case(names().label("WorkStation-of-Accounting")) == whole);
}

TEST_CASE("pseudonyms: different labels of one length have different pseudonyms", "[redact]") {
    std::set<std::string> seen;
    std::size_t count = 0;
    for (char a = 'a'; a <= 'z'; ++a)
        for (char b = '0'; b <= '9'; ++b)
            for (char c = 'a'; c <= 'z'; ++c, ++count) seen.insert(names().label(std::string{a, b, c}));
    CHECK(seen.size() == count);
}

TEST_CASE("pseudonyms: other characters keep their size in UTF-8 and UTF-16, and none stays", "[redact]") {
    for (char32_t c = 0x80; c < 0x110000; c += c < 0x3000 ? 1 : 61) {
        if (c >= 0xD800 && c < 0xE000) continue;
        std::string text;
        if (c < 0x800) {
            text = {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
        } else if (c < 0x10000) {
            text = {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)),
                    static_cast<char>(0x80 | (c & 63))};
        } else {
            text = {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 63)),
                    static_cast<char>(0x80 | (c >> 6 & 63)), static_cast<char>(0x80 | (c & 63))};
        }
        const std::string out = names().label(text);
        CAPTURE(static_cast<std::uint32_t>(c));
        REQUIRE(next_utf8(out).valid);
        REQUIRE(next_utf8(out).size == out.size());
        REQUIRE(out.size() == text.size());
        REQUIRE(utf16le_from_utf8(out).size() == utf16le_from_utf8(text).size());
        REQUIRE(out != text);
    }
}

TEST_CASE("pseudonyms: bytes that are no text keep their number and none stays", "[redact]") {
    std::string text;
    for (int byte = 0x80; byte < 0x100; ++byte) text += static_cast<char>(byte);
    const std::string out = names().label(text);
    REQUIRE(out.size() == text.size());
    for (std::size_t i = 0; i < text.size(); ++i) CHECK(out[i] != text[i]);
}

TEST_CASE("pseudonyms: a name is replaced label by label and what clients ask for stays", "[redact]") {
    const std::string host = names().name("kms01.corp.contoso.com");
    CHECK(host == names().label("kms01") + "." + names().label("corp") + "." + names().label("contoso") + "." +
                      names().label("com"));
    const std::string domain = names().name("contoso.com");
    CHECK(names().name("_VLMCS._tcp.contoso.com.") == "_VLMCS._tcp." + domain + ".");
    for (const std::string_view prefix : dns::near_miss_prefixes)
        CHECK(names().name(std::string{prefix} + "contoso.com") == std::string{prefix} + domain);
    CHECK(names().name("_kms-check-0a1b._tcp.contoso.com") == "_kms-check-0a1b._tcp." + domain);
    CHECK(names().name("vlmcs.contoso.com") == names().label("vlmcs") + "." + domain);
    CHECK(names().name("") == "");
    CHECK(names().name(".") == ".");
}

TEST_CASE("pseudonyms: a name on the wire and its text have the same pseudonym", "[redact]") {
    const std::string_view text = GENERATE("kms01.contoso.com", R"(_vlmcs\032._tcp.contoso.com)", R"(a\.b.contoso.com)",
                                           R"(b\195\188ro.contoso.com)", "10.2.0.192.in-addr.arpa", "192.0.2.10");
    const auto name = dns::DomainName::parse(text).value();
    const auto out = names().name(name);
    CAPTURE(text);
    CHECK(to_string(out) == names().name(text));
    REQUIRE(out.labels().size() == name.labels().size());
    for (std::size_t i = 0; i < name.labels().size(); ++i) CHECK(out.labels()[i].size() == name.labels()[i].size());
}

TEST_CASE("pseudonyms: a name that is an address stays one of the same length", "[redact]") {
    const std::string_view text = GENERATE("192.0.2.10", "10.0.0.1", "255.255.255.255", "9.99.100.255");
    const std::string out = names().name(text);
    CHECK(IpAddress::parse(out));
    CHECK(out.size() == text.size());
    CHECK(out != text);
    CHECK(names().host(text) == to_string(names().address(ip(text))));
    std::set<std::string> octets;
    for (int i = 0; i < 256; ++i) octets.insert(names().name_label(std::to_string(i)));
    CHECK(octets.size() == 256);
    CHECK(names().name_label("256") == names().label("256"));
    CHECK(names().name_label("01") == names().label("01"));
}

TEST_CASE("pseudonyms: a port behind a host stays", "[redact]") {
    const std::string name = names().name("kms01.contoso.com"), v4 = names().host("192.0.2.10"),
                      v6 = names().host("2001:db8::10");
    CHECK(names().host("kms01.contoso.com:1688") == name + ":1688");
    CHECK(names().host("192.0.2.10:1688") == v4 + ":1688");
    CHECK(names().host("[2001:db8::10]:1688") == "[" + v6 + "]:1688");
    CHECK(names().host("[2001:db8::10]") == "[" + v6 + "]");
    CHECK(names().host("") == "");
    CHECK(names().host(":") == ":");
    CHECK(names().host("[]") == "[]");
    CHECK(names().host("a:b") == names().label("a:b"));
}

TEST_CASE("pseudonyms: addresses stay in their class and none is its own pseudonym", "[redact]") {
    for (unsigned i = 0; i < 20'000; ++i) {
        const std::uint32_t bits = i * 2'654'435'761U;  // far apart
        const std::array<std::uint8_t, 4> octets = {
            static_cast<std::uint8_t>(bits >> 24), static_cast<std::uint8_t>(bits >> 16),
            static_cast<std::uint8_t>(bits >> 8), static_cast<std::uint8_t>(bits)};
        const IpAddress address = IpAddress::v4(octets);
        const IpAddress out = names().address(address);
        CAPTURE(to_string(address), to_string(out));
        REQUIRE(class_of(out) == class_of(address));
        const bool stays = octets[0] == 0 || (octets[0] >= 224 && octets[0] < 240);
        REQUIRE((out == address) == stays);
    }
    for (const std::string_view text : {"0.0.0.0", "255.255.255.255", "224.0.0.252", "::", "::1", "ff02::1:3"})
        CHECK(names().address(ip(text)) == ip(text));
    CHECK(names().address(ip("127.0.0.1")) != ip("127.0.0.1"));
}

TEST_CASE("pseudonyms: all addresses of a private network have pseudonyms of their own in one network", "[redact]") {
    std::set<IpAddress> seen;
    const IpAddress first = names().address(ip("192.168.7.0"));
    for (unsigned i = 0; i < 256; ++i) {
        const IpAddress out = names().address(ip("192.168.7." + std::to_string(i)));
        CHECK(common_bits(first, out) >= 24);
        seen.insert(out);
    }
    CHECK(seen.size() == 256);
}

TEST_CASE("pseudonyms: addresses with common first bits keep as many", "[redact]") {
    struct Pair {
        std::string_view a, b;
    };
    const auto pair = GENERATE(values<Pair>({{"10.1.2.3", "10.1.2.200"},
                                             {"10.1.2.3", "10.200.2.3"},
                                             {"172.16.0.1", "172.31.0.1"},
                                             {"169.254.1.1", "169.254.1.2"},
                                             {"203.0.113.7", "203.0.113.99"},
                                             {"8.8.8.8", "8.8.8.9"},
                                             {"2001:db8::10", "2001:db8::11"},
                                             {"2001:db8:0:1::1", "2001:db8:0:2::1"},
                                             {"2a00:1450::1", "2a00:1450::2"},
                                             {"fd00:1:2:3::1", "fd00:1:2:4::1"},
                                             {"fe80::1", "fe80::2"}}));
    CAPTURE(pair.a, pair.b);
    const IpAddress a = names().address(ip(pair.a)), b = names().address(ip(pair.b));
    CHECK(common_bits(a, b) == common_bits(ip(pair.a), ip(pair.b)));
    CHECK(a != ip(pair.a));
    CHECK(b != ip(pair.b));
}

TEST_CASE("pseudonyms: IPv6 prefixes with a meaning stay", "[redact]") {
    struct Row {
        std::string_view address;
        std::size_t bits;
    };
    const auto row =
        GENERATE(values<Row>({{"2001:db8::10", 32}, {"fe80::10", 10}, {"fd12:3456::1", 7}, {"2a00::1", 3}}));
    const IpAddress out = names().address(ip(row.address));
    CAPTURE(row.address, to_string(out));
    CHECK(common_bits(out, ip(row.address)) == row.bits);  // and the next one has changed
}

TEST_CASE("pseudonyms: a mapped or translated address has that of its IPv4 address", "[redact]") {
    const std::string inner = to_string(names().address(ip("192.0.2.10")));
    CHECK(names().address(ip("::ffff:192.0.2.10")) == ip("::ffff:" + inner));
    CHECK(names().address(ip("64:ff9b::192.0.2.10")) == ip("64:ff9b::" + inner));
}

TEST_CASE("pseudonyms: a MAC address becomes a local one and groups stay", "[redact]") {
    const redact::MacAddress mac = {0x00, 0x15, 0x5D, 0x01, 0x02, 0x03}, other = {0x00, 0x15, 0x5D, 0x01, 0x02, 0x04};
    CHECK((names().mac(mac)[0] & 3) == 2);
    CHECK(names().mac(mac) == names().mac(mac));
    CHECK(names().mac(mac) != names().mac(other));
    const redact::MacAddress everybody = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, group = {0x33, 0x33, 0, 1, 0, 3};
    CHECK(names().mac(everybody) == everybody);
    CHECK(names().mac(group) == group);
    // Load balancing (multicast, IGMP) and solicited nodes: the last bytes are those of an address.
    for (const redact::MacAddress& cluster :
         {redact::MacAddress{0x03, 0xBF, 192, 0, 2, 10}, redact::MacAddress{0x01, 0x00, 0x5E, 0x7F, 2, 10},
          redact::MacAddress{0x33, 0x33, 0xFF, 0, 2, 10}}) {
        const redact::MacAddress out = names().mac(cluster);
        CHECK((out[0] & 3) == 3);
        CHECK(std::equal(out.begin() + 4, out.end(), cluster.begin() + 4) == false);
    }
}

TEST_CASE("pseudonyms: of labels that kms-srv draws by lot only those stay", "[redact]") {
    const std::string drawn = "_kms-check-00112233aabbccdd";
    CHECK(names().name(drawn + "._tcp.corp.test").starts_with(drawn + "._tcp."));
    for (const char* text : {"_kms-check-SecretHost", "_kms-check-", "_kms-check-00112233aabbccdd00"})
        CHECK(names().name("x." + std::string{text}).find(text) == std::string::npos);
}

TEST_CASE("pseudonyms: a machine id keeps the digit of its version and nobody's stays", "[redact]") {
    const Uuid id = Uuid::parse("c7d0a2f1-3b5e-4a8d-9f10-0123456789ab").value();
    const std::string out = to_string(names().machine_id(id));
    CHECK(out != to_string(id));
    CHECK(out[14] == '4');
    CHECK((detail::hex_value(out[19]) & 0xC) == 0x8);
    CHECK(names().machine_id(Uuid{}) == Uuid{});
    const std::array<std::uint8_t, 8> hwid = {1, 2, 3, 4, 5, 6, 7, 8};
    CHECK(names().hwid(hwid) != hwid);
}

TEST_CASE("pseudonyms: an ePID keeps what tells the host's key, system and language", "[redact]") {
    struct Row {
        std::string_view epid;
    };
    const std::string_view text = GENERATE(
        "03612-00206-551-000000-03-1033-17763.0000-2822018", "06401-00206-471-111111-03-1031-14393.0000-0012019",
        "06401-04919-000-012345-03-1033-26100.9999-3662024", "55041-00168-305-246209-03-1033-7600.0000-0522010",
        "1-2-3-4-3-1033-17763.0-12018", "03612-00206-551-000000-03-1033-17763.0000-9992018");
    const std::string out = names().epid(text);
    const auto before = kms::parse_epid(text).value(), after = kms::parse_epid(out).value();
    CAPTURE(text, out);
    CHECK(out.size() == text.size());
    CHECK(after.platform_id == before.platform_id);
    CHECK(after.group_id == before.group_id);
    CHECK(after.channel == before.channel);
    CHECK(after.lcid == before.lcid);
    CHECK(after.build == before.build);
    CHECK(after.is_lab() == before.is_lab());
    CHECK(after.activation_year == before.activation_year);
    CHECK(after.key_id() != before.key_id());
    CHECK(kms::host_key(after) == kms::host_key(before));
    CHECK(kms::activation_date(after).has_value() == kms::activation_date(before).has_value());
    CHECK((after.activation_day != before.activation_day) == kms::activation_date(before).has_value());
}

TEST_CASE("pseudonyms: hosts with different numbers of one key keep different ones", "[redact]") {
    std::set<std::string> seen;
    for (unsigned i = 0; i < 1000; ++i) {
        std::string number = std::to_string(1'000'000 + i * 17).substr(1);
        seen.insert(names().epid("03612-00206-551-" + number + "-03-1033-17763.0000-2822018").substr(12, 10));
    }
    CHECK(seen.size() == 1000);
}

TEST_CASE("pseudonyms: an ePID in no usual form becomes one, as a label", "[redact]") {
    CHECK(names().epid("my own KMS") == names().label("my own KMS"));
}

TEST_CASE("pseudonyms: another key gives others and the same key the same", "[redact]") {
    const Pseudonyms other{bytes_of("another key")}, same{bytes_of("a key of the tests")};
    CHECK(other.label("workstation") != names().label("workstation"));
    CHECK(same.label("workstation") == names().label("workstation"));
    CHECK(other.address(ip("192.0.2.10")) != names().address(ip("192.0.2.10")));
    CHECK(same.address(ip("192.0.2.10")) == names().address(ip("192.0.2.10")));
}
