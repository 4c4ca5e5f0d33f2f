#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"
#include "libdiag/proto/dns/decode.h"
#include "libdiag/proto/dns/describe.h"
#include "libdiag/proto/dns/update.h"
#include "tests/support/exact_buffer.h"
#include "tests/support/vectors.h"

// Updates as nsupdate makes them: tests/vectors/dns_update.json.

using namespace diag;
using namespace diag::test;

namespace {

dns::DomainName name(std::string_view text) { return *dns::DomainName::parse(text); }

ByteVector message_of(std::string_view id) {
    return bytes_of(with_id(vector_file("dns_update.json").at("updates"), id), "message");
}

dns::Message decode(Bytes bytes) {
    dns::Message message;
    REQUIRE(dns::decode_message(bytes, message));
    return message;
}

const dns::DomainName owner = name("_vlmcs._tcp.corp.test");
const dns::Srv service{0, 0, 1688, name("kms1.corp.test")};

}  // namespace

TEST_CASE("DNS update: adding a record is byte for byte what nsupdate sends", "[dns][update]") {
    const ByteVector theirs = message_of("add");
    const dns::Update update{.zone = name("corp.test"),
                             .prerequisites = {},
                             .updates = {dns::add_service(owner, service, 3600)},
                             .additionals = {}};
    const auto ours = dns::encode_message(dns::to_message(update, decode(theirs).header.id));
    REQUIRE(ours);
    CHECK(to_hex(*ours) == to_hex(theirs));
}

TEST_CASE("DNS update: zone, prerequisites and changes of nsupdate are read", "[dns][update]") {
    const ByteVector bytes = message_of("all-sections");
    const auto update = dns::to_update(decode(bytes));
    REQUIRE(update);
    CHECK(to_string(update->zone) == "corp.test");
    CHECK(update->zone_class == dns::class_in);

    // RFC 2136 2.4, in the order in which nsupdate was told.
    struct Row {
        std::string_view name;
        std::uint16_t type, class_;
    };
    const auto check = [](const std::vector<dns::Record>& records, std::vector<Row> rows) {
        REQUIRE(records.size() == rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            CAPTURE(i);
            CHECK(to_string(records[i].name) == rows[i].name);
            CHECK(records[i].type == rows[i].type);
            CHECK(records[i].class_ == rows[i].class_);
        }
    };
    using namespace dns;
    check(update->prerequisites, {{"new.corp.test", type::any, class_none},
                                  {"old.corp.test", type::any, class_any},
                                  {"_vlmcs._tcp.corp.test", type::srv, class_any},
                                  {"_vlmcs._tcp.corp.test", type::a, class_none},
                                  {"a.corp.test", type::a, class_in}});
    CHECK(std::get<IpAddress>(update->prerequisites[4].data) == *IpAddress::parse("192.0.2.1"));
    check(update->updates, {{"_vlmcs._tcp.corp.test", type::srv, class_any},
                            {"gone.corp.test", type::any, class_any},
                            {"_vlmcs._tcp.corp.test", type::srv, class_none},
                            {"_vlmcs._tcp.corp.test", type::srv, class_in}});
    CHECK(std::get<RawData>(update->updates[0].data).bytes.empty());
    CHECK(std::get<Srv>(update->updates[3].data) == Srv{10, 20, 1688, name("kms1.corp.test")});
    CHECK(update->updates[3].ttl == 3600);
}

TEST_CASE("DNS update: what was read and written again is the same update", "[dns][update]") {
    for (const std::string_view id : {"add", "all-sections"}) {
        CAPTURE(id);
        const ByteVector bytes = message_of(id);
        const dns::Message message = decode(bytes);
        const auto update = dns::to_update(message);
        REQUIRE(update);
        const auto encoded = dns::encode_message(dns::to_message(*update, message.header.id));
        REQUIRE(encoded);
        const auto again = dns::to_update(decode(*encoded));
        REQUIRE(again);
        CHECK(*again == *update);
    }
}

TEST_CASE("DNS update: every proper prefix is truncated, none is read past", "[dns][update]") {
    const ByteVector whole = message_of("all-sections");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const ExactBuffer cut{whole, size};
        dns::Message message;
        const auto done = dns::decode_message(cut, message);
        CAPTURE(size);
        REQUIRE_FALSE(done);
        CHECK(done.error().kind == WireError::Kind::truncated);
    }
}

TEST_CASE("DNS update: queries, answers and messages without one zone are none", "[dns][update]") {
    const ByteVector bytes = message_of("add");
    const auto changed = [&](auto change) {
        dns::Message message = decode(bytes);
        change(message);
        return dns::to_update(message).has_value();
    };
    CHECK(changed([](dns::Message&) {}));
    CHECK_FALSE(changed([](dns::Message& m) { m.header.flags = 0; }));
    CHECK_FALSE(changed([](dns::Message& m) { m.header.flags |= dns::flag::qr; }));
    CHECK_FALSE(changed([](dns::Message& m) { m.questions.clear(); }));
    CHECK_FALSE(changed([](dns::Message& m) { m.questions.push_back(m.questions[0]); }));
    CHECK_FALSE(changed([](dns::Message& m) { m.questions[0].type = dns::type::srv; }));
}

TEST_CASE("DNS update: the tree names the sections as RFC 2136 does", "[dns][update]") {
    const ByteVector bytes = message_of("all-sections");
    const Node tree = dns::describe_message(dns::decode_partial(bytes), 0, bytes.size());
    std::vector<std::string> keys;
    for (const Node& child : tree.children)
        if (keys.empty() || keys.back() != child.key) keys.push_back(child.key);
    const std::vector<std::string> last(keys.end() - 3, keys.end());
    CHECK(last == std::vector<std::string>{"zone", "prerequisite", "update"});
}
