#include "libdiag/probe/targets.h"

#include <catch2/catch.hpp>

#include "libdiag/base/utf.h"

using namespace diag;
using namespace diag::probe;

namespace {

std::vector<std::string> texts_of(const std::vector<Target>& targets) {
    std::vector<std::string> texts;
    for (const Target& target : targets) texts.push_back(to_string(target));
    return texts;
}

std::vector<std::string> parsed(std::string_view text) {
    const auto targets = parse_targets(text, 1688);
    INFO((targets ? std::string{} : targets.error()));
    REQUIRE(targets);
    return texts_of(*targets);
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("targets: what one stands for", "[probe]") {
    const auto [text, wanted] = GENERATE(table<std::string, std::string>({
        {"kms", "kms:1688"},
        {"kms.example.test", "kms.example.test:1688"},
        {"kms.example.test.", "kms.example.test.:1688"},
        {"kms_1.example.test:65535", "kms_1.example.test:65535"},
        {"192.0.2.10", "192.0.2.10:1688"},
        {"192.0.2.10:1", "192.0.2.10:1"},
        {"2001:db8::10", "[2001:db8::10]:1688"},
        {"[2001:db8::10]", "[2001:db8::10]:1688"},
        {"[2001:DB8:0::10]:1689", "[2001:db8::10]:1689"},
        {"::ffff:192.0.2.1", "[::ffff:192.0.2.1]:1688"},
    }));
    CAPTURE(text);
    CHECK(parsed(text) == Texts{wanted});
}

TEST_CASE("targets: only names are looked up", "[probe]") {
    CHECK(parse_targets("kms", 1688)->front().needs_lookup());
    CHECK_FALSE(parse_targets("192.0.2.10", 1688)->front().needs_lookup());
    CHECK_FALSE(parse_targets("[::1]:1", 1688)->front().needs_lookup());
}

TEST_CASE("targets: a block is all its addresses, without network and broadcast address of IPv4", "[probe]") {
    CHECK(parsed("192.0.2.77/30") == Texts{"192.0.2.77:1688", "192.0.2.78:1688"});
    CHECK(parsed("192.0.2.1/31:9") == Texts{"192.0.2.0:9", "192.0.2.1:9"});
    CHECK(parsed("192.0.2.1/32") == Texts{"192.0.2.1:1688"});
    CHECK(parsed("[2001:db8::fffe/127]:9") == Texts{"[2001:db8::fffe]:9", "[2001:db8::ffff]:9"});
    CHECK(parsed("2001:db8::/126").size() == 4);
    CHECK(parsed("255.255.255.255/32") == Texts{"255.255.255.255:1688"});
    const Texts carry = parsed("10.0.254.0/23");
    CHECK(carry.size() == 510);
    CHECK(carry.front() == "10.0.254.1:1688");
    CHECK(carry[255] == "10.0.255.0:1688");
    CHECK(carry.back() == "10.0.255.254:1688");
}

TEST_CASE("targets: a block has at most 65,536 addresses", "[probe]") {
    CHECK(parsed("10.0.0.0/16").size() == max_block_size - 2);
    CHECK(parsed("2001:db8::/112").size() == max_block_size);
    CHECK(parsed("2001:db8::/112").back() == "[2001:db8::ffff]:1688");
    for (const auto* text : {"10.0.0.0/15", "0.0.0.0/0", "2001:db8::/111", "::/0"}) {
        CAPTURE(text);
        const auto refused = parse_targets(text, 1688);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().find("more than 65536 addresses") != std::string::npos);
    }
}

TEST_CASE("targets: what is none is refused in one line that has it", "[probe]") {
    const std::string text =
        GENERATE(as<std::string>{}, "", " ", ":", ":1688", "kms:", "kms:0", "kms:65536", "kms:-1", "kms:+1",
                 "kms:1688x", "kms: 1", "[::1", "[::1]x", "[::1]:", "[]", "[kms.example.test", "192.0.2.256", "192.0.2",
                 "1.2.3.4.5", "-kms", ".kms", "kms..test", "a b", "http://kms", "kms/24", "192.0.2.0/", "192.0.2.0/33",
                 "192.0.2.0/-1", "192.0.2.0/2x", "2001:db8::/129", "::1/", "/24", "fe80::1%eth0", "1688", "k\xC3\xA4",
                 "kms\n", std::string(256, 'a'), std::string("a\0b", 3));
    CAPTURE(escape_for_terminal(text));
    const auto targets = parse_targets(text, 1688);
    REQUIRE_FALSE(targets);
    CHECK(targets.error().find("'" + text.substr(0, text.find('/'))) != std::string::npos);
    if (text.find('\n') == std::string::npos) CHECK(targets.error().find('\n') == std::string::npos);
}

TEST_CASE("target list: comments, blanks, line ends of both kinds, and a last line without one", "[probe]") {
    const auto targets =
        parse_target_list("# hosts\r\n  kms1.example.test \t\r\n\n192.0.2.0/30:9#two\n\t\n[::1]:7", 1688);
    REQUIRE(targets);
    CHECK(texts_of(*targets) == Texts{"kms1.example.test:1688", "192.0.2.1:9", "192.0.2.2:9", "[::1]:7"});
    CHECK(parse_target_list("", 1688)->empty());
    CHECK(parse_target_list("#", 1688)->empty());
}

TEST_CASE("target list: an error names its line", "[probe]") {
    const auto targets = parse_target_list("kms1\n\n# good so far\nkms2:0\nkms3", 1688);
    REQUIRE_FALSE(targets);
    CHECK(targets.error().starts_with("line 4: 'kms2:0'"));
}

TEST_CASE("target list: sixteen blocks of 65,536 are too many", "[probe]") {
    std::string list;
    for (int i = 0; i < 15; ++i) list += "2001:db8::/112\n";
    CHECK(parse_target_list(list, 1688)->size() == 15 * max_block_size);
    const auto refused = parse_target_list(list + "2001:db8::/112\n", 1688);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().starts_with("line 16: more than 1000000 targets"));
}

TEST_CASE("server: an address with or without a port, and nothing that would have to be looked up", "[probe]") {
    CHECK(to_string(parse_server("192.0.2.53").value()) == "192.0.2.53:53");
    CHECK(to_string(parse_server("192.0.2.53:5353").value()) == "192.0.2.53:5353");
    CHECK(to_string(parse_server("2001:db8::53").value()) == "[2001:db8::53]:53");
    CHECK(to_string(parse_server("[2001:db8::53]:54").value()) == "[2001:db8::53]:54");
    for (const std::string_view text : {"dns.example.test", "192.0.2.0/30", "192.0.2.53:0", ""})
        CHECK_FALSE(parse_server(text));
}
