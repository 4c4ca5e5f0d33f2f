#include "libdiag/redact/dns_rewriter.h"

#include <catch2/catch.hpp>

#include "libdiag/proto/dns/decode.h"
#include "tests/redact/redact_packets.h"
#include "tests/support/dissect/dns_script.h"

using namespace diag;
using namespace diag::test;

namespace {

ByteVector rewritten(Bytes message) {
    ByteVector out(message.size());
    redact::rewrite_dns(message, out, test_pseudonyms());
    return out;
}

dns::Message read(Bytes bytes) {
    dns::Message message;
    REQUIRE(dns::decode_message(bytes, message));
    return message;
}

std::string pseudonym(std::string_view name) { return test_pseudonyms().name(name); }

/// Type and data behind the owner.
ByteVector record(std::string_view owner, std::uint16_t type, Bytes data) {
    return join({dns_name(owner),
                 bytes({type / 256U, type % 256U, 0, 1, 0, 0, 0, 60, static_cast<unsigned>(data.size() / 256),
                        static_cast<unsigned>(data.size() % 256)}),
                 data});
}

bool contains_text(Bytes bytes, std::string_view text) { return contains(bytes, bytes_of(text)); }

}  // namespace

TEST_CASE("dns rewriter: names and addresses become pseudonyms, the rest stays", "[redact]") {
    const ByteVector message =
        to_bytes({.id = 7,
                  .flags = dns_flags::answer,
                  .name = "_vlmcs._tcp.Corp.Example.test",
                  .answers = {srv_record("_vlmcs._tcp.Corp.Example.test", "kms1.corp.example.test", 1699)},
                  .additionals = {address_record("kms1.corp.example.test", "192.0.2.10"),
                                  address_record("kms1.corp.example.test", "2001:db8::10"),
                                  alias_record("other.example.test", "kms1.corp.example.test")}});
    const dns::Message out = read(rewritten(message));
    CHECK(out.header == read(message).header);
    CHECK(dns::to_string(out.questions.at(0).name) == pseudonym("_vlmcs._tcp.Corp.Example.test"));
    CHECK(dns::to_string(out.questions.at(0).name).starts_with("_vlmcs._tcp."));
    const auto& srv = std::get<dns::Srv>(out.answers.at(0).data);
    CHECK(srv.port == 1699);
    CHECK(dns::to_string(srv.target) == pseudonym("kms1.corp.example.test"));
    CHECK(std::get<IpAddress>(out.additionals.at(0).data) == test_pseudonyms().address(test::ip("192.0.2.10")));
    CHECK(std::get<IpAddress>(out.additionals.at(1).data) == test_pseudonyms().address(test::ip("2001:db8::10")));
    CHECK(dns::to_string(std::get<dns::DomainName>(out.additionals.at(2).data)) == pseudonym("kms1.corp.example.test"));
    for (const char* name : {"kms1", "corp", "Corp", "example", "test", "other"})
        CHECK_FALSE(contains_text(rewritten(message), name));
}

TEST_CASE("dns rewriter: pointers lead to the same names as before", "[redact]") {
    // A question for kms1.corp.test, an answer whose owner is a pointer to it and whose alias points into its middle.
    const ByteVector question = to_bytes({.flags = dns_flags::answer, .name = "kms1.corp.test", .type = 1});
    ByteVector message = join({question, bytes({0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 6, 3, 'a', 'l', 't', 0xc0, 17})});
    message[7] = 1;  // ancount
    const dns::Message out = read(rewritten(message));
    CHECK(dns::to_string(out.answers.at(0).name) == pseudonym("kms1.corp.test"));
    CHECK(dns::to_string(std::get<dns::DomainName>(out.answers.at(0).data)) == pseudonym("alt.corp.test"));
}

TEST_CASE("dns rewriter: of other records only the size is left", "[redact]") {
    const ByteVector text = record("corp.test", 16, join({bytes({6}), bytes({'s', 'e', 'c', 'r', 'e', 't'})}));
    const ByteVector https = record("corp.test", 65, bytes({0, 1, 0, 's', 'e', 'c', 'r', 'e', 't'}));
    const ByteVector soa =
        record("corp.test", 6, join({dns_name("ns1.corp.test"), dns_name("admin.corp.test"), ByteVector(20, 9)}));
    const ByteVector message =
        to_bytes({.flags = dns_flags::answer, .name = "corp.test", .answers = {text, https, soa}});
    const ByteVector made = rewritten(message);
    CHECK_FALSE(contains_text(made, "secret"));
    CHECK_FALSE(contains_text(made, "admin"));
    const dns::Message out = read(made);
    CHECK(out.answers.at(0).type == dns::type::txt);
    CHECK(out.answers.at(1).type >= 65280);
    const auto& start = std::get<dns::Soa>(out.answers.at(2).data);
    CHECK(dns::to_string(start.rname) == pseudonym("admin.corp.test"));
    CHECK(start.serial == 0x09090909);
}

TEST_CASE("dns rewriter: EDNS options keep their sizes and nothing else", "[redact]") {
    // A cookie (RFC 7873) and a client subnet (RFC 7871).
    const ByteVector options = bytes({0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2});
    const ByteVector opt =
        join({bytes({0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, static_cast<unsigned>(options.size())}), options});
    const ByteVector message = to_bytes({.name = "_vlmcs._tcp.corp.test", .additionals = {opt}});
    const ByteVector made = rewritten(message);
    const dns::Message out = read(made);
    REQUIRE(out.opt() != nullptr);
    CHECK(out.opt()->class_ == 0x04d0);
    const auto kept = dns::edns_options(std::get<dns::Opt>(out.opt()->data));
    REQUIRE(kept.size() == 2);
    for (const auto& option : kept) {
        CHECK(option.code == 12);
        CHECK(std::ranges::all_of(option.data, [](std::uint8_t byte) { return byte == 0; }));
    }
}

TEST_CASE("dns rewriter: a broken message stays broken, and what follows the damage is gone", "[redact]") {
    ByteVector message = to_bytes({.flags = dns_flags::answer,
                                   .name = "_vlmcs._tcp.corp.test",
                                   .answers = {srv_record("_vlmcs._tcp.corp.test", "kms1.corp.test"),
                                               srv_record("_vlmcs._tcp.corp.test", "kms2.corp.test")}});
    const dns::Message whole = read(message);
    message[whole.answers.at(1).place.offset] = 0xbf;  // no label
    const ByteVector made = rewritten(message);
    const auto [out, error] = dns::decode_partial(made);
    CHECK(error);
    CHECK(out.answers.size() == 1);
    CHECK_FALSE(contains_text(made, "kms2"));
}

TEST_CASE("dns rewriter: every prefix is rewritten within its bounds and without a name", "[redact]") {
    const ByteVector message = to_bytes({.flags = dns_flags::answer,
                                         .name = "_vlmcs._tcp.corp.example",
                                         .answers = {srv_record("_vlmcs._tcp.corp.example", "kmshost.corp.example")},
                                         .additionals = {address_record("kmshost.corp.example", "192.0.2.10")}});
    for (std::size_t size = 0; size <= message.size(); ++size) {
        const ByteVector prefix{message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size)};
        const ByteVector made = rewritten(prefix);
        for (const char* name : {"corp", "example", "kmshost"}) CHECK_FALSE(contains_text(made, name));
        CHECK(dns::decode_partial(made).message.answers.size() == dns::decode_partial(prefix).message.answers.size());
    }
}
