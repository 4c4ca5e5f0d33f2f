#include <catch2/catch.hpp>

#include <deque>
#include <random>

#include "libdiag/proto/dns/decode.h"
#include "libdiag/proto/dns/describe.h"
#include "libdiag/proto/dns/names.h"
#include "tests/support/exact_buffer.h"
#include "tests/support/packet_builder.h"

using namespace diag;
using namespace diag::test;

namespace {

dns::DomainName name(std::string_view text) {
    const auto parsed = dns::DomainName::parse(text);
    REQUIRE(parsed);
    return *parsed;
}

/// decode_message() with its result in one value.
std::expected<dns::Message, WireError> decode(Bytes bytes) {
    dns::Message message;
    if (auto done = dns::decode_message(bytes, message); !done) return std::unexpected(done.error());
    return message;
}

// An answer to an SRV query as a server writes it: RFC 1035 4.1, RFC 2782, RFC 6891; one field a line.
const ByteVector srv_answer = join({
    test::bytes({0x2d, 0x74}),              // id
    test::bytes({0x85, 0x80}),              // response, authoritative, recursion desired and available, NOERROR
    test::bytes({0, 1, 0, 1, 0, 0, 0, 3}),  // counts
    // question, at 12
    test::bytes({6, '_', 'v', 'l', 'm', 'c', 's', 4, '_', 't', 'c', 'p'}),
    test::bytes({4, 'c', 'o', 'r', 'p', 4, 't', 'e', 's', 't', 0}),  // "corp" at 24
    test::bytes({0, 33, 0, 1}),                                      // SRV, IN
    // answer
    test::bytes({0xc0, 12}),                              // owner: the question's name
    test::bytes({0, 33, 0, 1, 0, 0, 0x0e, 0x10, 0, 13}),  // SRV, IN, TTL 3600, RDLENGTH
    test::bytes({0, 5, 0, 100, 0x06, 0x98}),              // priority 5, weight 100, port 1688
    test::bytes({4, 'k', 'm', 's', '1', 0xc0, 24}),       // target, compressed though RFC 2782 forbids it
    // additional: A at the target's place (57)
    test::bytes({0xc0, 57, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 10}),
    // additional: AAAA
    test::bytes(
        {0xc0, 57, 0, 28, 0, 1, 0, 0, 0, 60, 0, 16, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10}),
    // additional: OPT, root, payload size 1232, extended RCODE 1, version 0, DO; one option (cookie, 3 bytes)
    test::bytes({0, 0, 41, 0x04, 0xd0, 1, 0, 0x80, 0, 0, 7, 0, 10, 0, 3, 1, 2, 3}),
});

dns::DomainName random_name(std::mt19937_64& random) {
    dns::DomainName out;
    for (std::size_t count = random() % 5; count > 0; --count) {
        ByteVector label(1 + random() % 20);
        for (auto& byte : label) byte = static_cast<std::uint8_t>(random());
        out.append(label);
    }
    return out;
}

ByteVector random_bytes(std::mt19937_64& random, std::size_t size) {
    ByteVector out(size);
    for (auto& byte : out) byte = static_cast<std::uint8_t>(random());
    return out;
}

/// `store` keeps the bytes that records are views of.
dns::Record random_record(std::mt19937_64& random, std::deque<ByteVector>& store) {
    const auto keep = [&](ByteVector content) -> Bytes { return store.emplace_back(std::move(content)); };
    const auto u16 = [&] { return static_cast<std::uint16_t>(random()); };
    const auto u32 = [&] { return static_cast<std::uint32_t>(random()); };
    dns::Record record{.name = random_name(random), .ttl = u32()};
    switch (random() % 7) {
        case 0:
            record.type = dns::type::a;
            record.data = IpAddress::v4(random_bytes(random, 4));
            break;
        case 1:
            record.type = dns::type::aaaa;
            record.data = IpAddress::v6(random_bytes(random, 16));
            break;
        case 2:
            record.type = dns::type::cname;
            record.data = random_name(random);
            break;
        case 3:
            record.type = dns::type::srv;
            record.data = dns::Srv{u16(), u16(), u16(), random_name(random)};
            break;
        case 4:
            record.type = dns::type::soa;
            record.data = dns::Soa{random_name(random), random_name(random), u32(), u32(), u32(), u32(), u32()};
            break;
        case 5:
            record.type = dns::type::opt;
            record.class_ = u16();
            record.data = dns::Opt{keep(test::bytes({0, 10, 0, 2, 7, 7, 0xff, 0xff, 0, 0}))};
            break;
        default:
            record.type = 65'280;
            record.data = dns::RawData{keep(random_bytes(random, random() % 50))};
            break;
    }
    return record;
}

dns::Message random_message(std::mt19937_64& random, std::deque<ByteVector>& store) {
    dns::Message message;
    message.header.id = static_cast<std::uint16_t>(random());
    message.header.flags = static_cast<std::uint16_t>(random());
    for (std::size_t n = random() % 3; n > 0; --n)
        message.questions.push_back({.name = random_name(random), .type = static_cast<std::uint16_t>(random())});
    for (std::size_t n = random() % 4; n > 0; --n) message.answers.push_back(random_record(random, store));
    for (std::size_t n = random() % 2; n > 0; --n) message.authorities.push_back(random_record(random, store));
    for (std::size_t n = random() % 3; n > 0; --n) message.additionals.push_back(random_record(random, store));
    message.header.qdcount = static_cast<std::uint16_t>(message.questions.size());
    message.header.ancount = static_cast<std::uint16_t>(message.answers.size());
    message.header.nscount = static_cast<std::uint16_t>(message.authorities.size());
    message.header.arcount = static_cast<std::uint16_t>(message.additionals.size());
    return message;
}

}  // namespace

TEST_CASE("DNS: an SRV answer with addresses and EDNS", "[dns]") {
    const auto message = decode(srv_answer);
    REQUIRE(message);
    CHECK(message->header.id == 0x2d74);
    CHECK(message->is_response());
    CHECK(message->opcode() == 0);
    CHECK(message->rcode() == 16);  // EDNS adds 1 << 4
    REQUIRE(message->questions.size() == 1);
    CHECK(to_string(message->questions[0].name) == "_vlmcs._tcp.corp.test");
    CHECK(message->questions[0].type == dns::type::srv);
    REQUIRE(message->answers.size() == 1);
    CHECK(message->answers[0].ttl == 3600);
    CHECK(message->answers[0].name == message->questions[0].name);
    CHECK(std::get<dns::Srv>(message->answers[0].data) == dns::Srv{5, 100, 1688, name("kms1.corp.test")});
    REQUIRE(message->additionals.size() == 3);
    CHECK(to_string(message->additionals[0].name) == "kms1.corp.test");
    CHECK(std::get<IpAddress>(message->additionals[0].data) == test::ip("192.0.2.10"));
    CHECK(std::get<IpAddress>(message->additionals[1].data) == test::ip("2001:db8::10"));
    REQUIRE(message->opt() != nullptr);
    CHECK(message->opt()->class_ == 1232);
    const auto options = dns::edns_options(std::get<dns::Opt>(message->opt()->data));
    REQUIRE(options.size() == 1);
    CHECK(options[0].code == 10);
    CHECK(join({options[0].data}) == test::bytes({1, 2, 3}));
}

TEST_CASE("DNS: a negative answer with SOA", "[dns]") {
    const ByteVector bytes = join({
        test::bytes({0, 1, 0x81, 0x83, 0, 1, 0, 0, 0, 1, 0, 0}),           // NXDOMAIN
        test::bytes({4, 't', 'e', 's', 't', 0, 0, 33, 0, 1}),              // question
        test::bytes({0xc0, 12, 0, 6, 0, 1, 0, 0, 0x03, 0x84, 0, 31}),      // SOA, TTL 900
        test::bytes({2, 'n', 's', 0xc0, 12, 3, 'd', 'b', 'a', 0xc0, 12}),  // mname, rname
        test::bytes({0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5}),
    });
    const auto message = decode(bytes);
    REQUIRE(message);
    CHECK(dns::rcode_name(message->rcode()) == "NXDOMAIN");
    REQUIRE(message->authorities.size() == 1);
    CHECK(std::get<dns::Soa>(message->authorities[0].data) ==
          dns::Soa{name("ns.test"), name("dba.test"), 1, 2, 3, 4, 5});
}

TEST_CASE("DNS: decode(encode(x)) is x for generated messages", "[dns]") {
    std::mt19937_64 random{8};
    for (int round = 0; round < 2000; ++round) {
        std::deque<ByteVector> store;
        const dns::Message message = random_message(random, store);
        const auto bytes = dns::encode_message(message);
        REQUIRE(bytes);
        CAPTURE(round, bytes->size());
        const auto again = decode(*bytes);
        REQUIRE(again);
        CHECK(*again == message);
    }
}

TEST_CASE("DNS: every proper prefix is truncated, whole or in part, and none is read past", "[dns]") {
    for (std::size_t n = 0; n < srv_answer.size(); ++n) {
        const ExactBuffer cut{srv_answer, n};
        CAPTURE(n);
        const auto message = decode(cut.bytes());
        REQUIRE_FALSE(message);
        CHECK(message.error().kind == WireError::Kind::truncated);
        const auto partial = dns::decode_partial(cut.bytes());
        REQUIRE(partial.error);
        CHECK(*partial.error == message.error());
    }
}

TEST_CASE("DNS: damage keeps what stands in front of it", "[dns]") {
    ByteVector bytes = srv_answer;
    bytes[39 + 1] = 99;  // the answer's owner: a pointer forwards
    auto partial = dns::decode_partial(bytes);
    REQUIRE(partial.error);
    CHECK(partial.error->kind == WireError::Kind::malformed);
    CHECK(partial.message.questions.size() == 1);
    CHECK(partial.message.answers.empty());

    bytes = srv_answer;
    bytes[64 + 11] = 5;  // RDLENGTH of the A record: 5
    partial = dns::decode_partial(bytes);
    REQUIRE(partial.error);
    CHECK(partial.error->field == "rdlength");
    CHECK(partial.message.answers.size() == 1);
    CHECK(partial.message.additionals.empty());

    bytes = srv_answer;
    bytes[64 + 11] = 3;                                                           // RDLENGTH of the A record: 3
    CHECK(dns::decode_partial(bytes).error->kind == WireError::Kind::malformed);  // nothing was cut: the record lies
}

TEST_CASE("DNS: counts that promise too much run into the end or the limit", "[dns]") {
    ByteVector bytes = srv_answer;
    bytes[6] = bytes[7] = 0xff;
    CHECK(dns::decode_partial(bytes).error.has_value());
    // 65535 questions for the root, each 5 bytes: the limit comes first.
    ByteVector many = test::bytes({0, 1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0});
    for (std::size_t i = 0; i < 10'000; ++i) many.insert(many.end(), {0, 0, 1, 0, 1});
    const auto partial = dns::decode_partial(many);
    REQUIRE(partial.error);
    CHECK(partial.error->kind == WireError::Kind::limit);
    CHECK(partial.message.questions.size() == dns::max_entry_count);
}

TEST_CASE("DNS: bytes behind the last record are refused by decode_message alone", "[dns]") {
    const ByteVector bytes = join({srv_answer, test::bytes({0})});
    const auto message = decode(bytes);
    REQUIRE_FALSE(message);
    CHECK(message.error().field == "trailing bytes");
    CHECK(message.error().offset == srv_answer.size());
    CHECK_FALSE(dns::decode_partial(bytes).error);
}

TEST_CASE("DNS: RDATA of unknown types and of other classes stays bytes", "[dns]") {
    const ByteVector bytes = join({
        test::bytes({0, 1, 0x80, 0, 0, 0, 0, 2, 0, 0, 0, 0}),
        test::bytes({0, 0, 16, 0, 1, 0, 0, 0, 1, 0, 3, 2, 'o', 'k'}),  // TXT
        test::bytes({0, 0, 1, 0, 3, 0, 0, 0, 1, 0, 2, 9, 9}),          // an A record of class CH, not 4 bytes
    });
    const auto message = decode(bytes);
    REQUIRE(message);
    CHECK(join({std::get<dns::RawData>(message->answers[0].data).bytes}) == test::bytes({2, 'o', 'k'}));
    CHECK(join({std::get<dns::RawData>(message->answers[1].data).bytes}) == test::bytes({9, 9}));
}

TEST_CASE("DNS: messages of a TCP stream", "[dns]") {
    const ByteVector stream = join({dns::add_tcp_prefix(srv_answer), dns::add_tcp_prefix(test::bytes({1, 2}))});
    for (std::size_t n = 0; n < srv_answer.size() + 2; ++n)
        CHECK_FALSE(dns::first_tcp_frame(ExactBuffer{stream, n}.bytes()));
    const auto first = dns::first_tcp_frame(stream);
    REQUIRE(first);
    CHECK(join({first->message}) == srv_answer);
    const auto second = dns::first_tcp_frame(Bytes{stream}.subspan(first->stream_size));
    REQUIRE(second);
    CHECK(second->message.size() == 2);
    CHECK(first->stream_size + second->stream_size == stream.size());
}

TEST_CASE("DNS: a message of more than 65535 bytes is not encoded", "[dns]") {
    const ByteVector raw(65'513, 1);
    dns::Message message;
    message.answers.push_back({.type = 16, .data = dns::RawData{head(raw, 65'512)}});
    CHECK(dns::encode_message(message)->size() == 65'535);
    message.answers[0].data = dns::RawData{raw};
    CHECK_FALSE(dns::encode_message(message));
}

TEST_CASE("DNS: an EDNS option that is longer than the record is malformed", "[dns]") {
    ByteVector bytes = join({srv_answer});
    bytes[bytes.size() - 4] = 4;  // the cookie claims 4 bytes, 3 are there
    const auto partial = dns::decode_partial(bytes);
    REQUIRE(partial.error);
    CHECK(partial.error->kind == WireError::Kind::malformed);
    CHECK(partial.error->field == "option_data");
    CHECK(partial.message.additionals.size() == 2);
}

TEST_CASE("DNS: names of numbers", "[dns]") {
    CHECK(dns::type_name(33) == "SRV");
    CHECK(dns::type_name(65'280) == "TYPE65280");
    CHECK(dns::class_name(1) == "IN");
    CHECK(dns::rcode_name(2) == "SERVFAIL");
    CHECK(dns::rcode_name(27) == "RCODE27");
    CHECK(dns::opcode_name(5) == "UPDATE");
}

TEST_CASE("DNS: the tree shows names, records and the place of the damage", "[dns]") {
    const auto partial = dns::decode_partial(srv_answer);
    const Node node = dns::describe_message(partial, 42, srv_answer.size());
    CHECK(node.key == "dns");
    CHECK(node.meaning == "response");
    const auto find = [&](std::string_view key) {
        for (const Node& child : node.children)
            if (child.key == key) return child;
        return Node{};
    };
    CHECK(find("question").value == "_vlmcs._tcp.corp.test");
    CHECK(find("question").offset == 42 + 12);
    CHECK(find("question").size == 27);
    CHECK(find("answer").meaning == "IN SRV");
    CHECK(find("answer").offset == 42 + 39);
    CHECK(find("answer").size == 25);
    CHECK(find("rcode").meaning == "BADVERS");

    const Node cut = dns::describe_message(dns::decode_partial(head(srv_answer, 45)), 42, 45);
    CHECK(cut.children.back().key == "error");
    CHECK(cut.children.back().meaning == "truncated");
    CHECK(dns::describe_message(dns::decode_partial({}), 0, 0).children.size() == 1);
}
