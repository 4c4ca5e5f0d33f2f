#include "libdiag/session/update_test.h"

#include <catch2/catch.hpp>
#include <functional>
#include <memory>

#include "libdiag/proto/dns/decode.h"
#include "libdiag/proto/dns/update.h"
#include "tests/session/dns_world.h"

// The test of a zone's update policy without sockets: a world is a function from a message and its server to an answer.

namespace diag::test {
namespace {

using namespace session;
using Policy = UpdatePolicy;

const Endpoint resolver = server("192.0.2.53"), primary = server("192.0.2.1");

struct Request {
    DnsTransport transport;
    Endpoint server;
    dns::Message message;
    bool is_update() const { return message.opcode() == dns::opcode::update; }
};
using World = std::function<std::optional<dns::Message>(const Request&)>;

dns::Message reply_to(const Request& request, std::uint16_t rcode = 0) {
    dns::Message reply;
    reply.header.id = request.message.header.id;
    reply.header.flags = static_cast<std::uint16_t>((request.message.header.flags & 0x7900U) | dns::flag::qr | rcode);
    reply.questions = request.message.questions;
    return reply;
}

// A resolver that knows the zone and its primary server; the primary says of each message what `rcodes` has, in their order.
World zone_with(std::vector<int> rcodes) {
    return [rcodes, index = std::make_shared<std::size_t>(0)](const Request& request) -> std::optional<dns::Message> {
        if (request.is_update()) {
            CHECK(request.server == primary);
            const int rcode = rcodes.at((*index)++);
            return rcode < 0 ? std::nullopt : std::optional{reply_to(request, static_cast<std::uint16_t>(rcode))};
        }
        dns::Message reply = reply_to(request);
        const auto& question = request.message.questions[0];
        if (question.type == dns::type::soa)
            reply.authorities.push_back({.name = name("corp.test"),
                                         .type = dns::type::soa,
                                         .ttl = 5,
                                         .data = dns::Soa{.mname = name("ns1.corp.test"), .rname = name("x.test")}});
        if (question.type == dns::type::a) reply.answers.push_back(address("ns1.corp.test", "192.0.2.1"));
        return reply;
    };
}

struct Tested {
    UpdateTestEvidence evidence;
    std::vector<Request> updates;
    std::vector<std::unique_ptr<ByteVector>> bytes = {};  // of all requests, for the views in them
};

Tested test(const World& world, std::string_view owner = "corp.test", std::vector<Endpoint> resolvers = {resolver}) {
    const RandomBytes random = [](std::span<std::uint8_t> out) { std::ranges::fill(out, 0x5A); };
    UpdateTest machine{
        {.resolvers = std::move(resolvers)}, name(owner), *unused_name_below(name(owner), random), random};
    Tested done;
    Now now{};
    auto next = machine.start(now);
    for (int step = 0; !machine.has_ended(); ++step) {
        REQUIRE(step < 100);
        now.steady += std::chrono::milliseconds{1};
        if (!next) {
            now.steady = machine.deadline();
            next = machine.on_time(now);
            continue;
        }
        const DnsAttempt attempt = std::move(*next);
        const bool tcp = attempt.transport == DnsTransport::tcp;
        done.bytes.push_back(std::make_unique<ByteVector>(attempt.bytes.begin() + (tcp ? 2 : 0), attempt.bytes.end()));
        Request request{.transport = attempt.transport, .server = attempt.server, .message = {}};
        REQUIRE(dns::decode_message(*done.bytes.back(), request.message));
        if (request.is_update()) done.updates.push_back(request);
        const auto reply = world(request);
        next.reset();
        if (!reply) continue;
        const ByteVector bytes = dns::encode_message(*reply).value();
        next =
            tcp ? machine.on_stream(dns::add_tcp_prefix(bytes), now) : machine.on_datagram(attempt.server, bytes, now);
    }
    done.evidence = machine.evidence();
    return done;
}

constexpr int silent = -1;

TEST_CASE("update test: the first message has one prerequisite and nothing to do", "[session][update_test]") {
    const auto done = test(zone_with({dns::rcode::refused}));
    REQUIRE(done.updates.size() == 1);
    const auto update = dns::to_update(done.updates[0].message);
    REQUIRE(update);
    CHECK(update->zone == name("corp.test"));
    CHECK(update->updates.empty());
    CHECK(update->additionals.empty());  // no signature
    REQUIRE(update->prerequisites.size() == 1);
    // RFC 2136 2.4.5: class NONE, type ANY, TTL 0, no data.
    CHECK(update->prerequisites[0].name == name("_kms-check-5a5a5a5a5a5a5a5a.corp.test"));
    CHECK(update->prerequisites[0].class_ == 254);
    CHECK(update->prerequisites[0].type == 255);
    CHECK(update->prerequisites[0].ttl == 0);
    CHECK(update->prerequisites[0].data == dns::RecordData{dns::RawData{}});
}

TEST_CASE("update test: the second deletes only what the same prerequisite says is not there",
          "[session][update_test]") {
    const auto done = test(zone_with({0, 0}));
    REQUIRE(done.updates.size() == 2);
    const auto first = dns::to_update(done.updates[0].message), second = dns::to_update(done.updates[1].message);
    REQUIRE((first && second));
    CHECK(second->prerequisites == first->prerequisites);
    REQUIRE(second->updates.size() == 1);
    // RFC 2136 2.5.4: class NONE, TTL 0, the data of the record: TXT "x".
    CHECK(second->updates[0].name == second->prerequisites[0].name);
    CHECK(second->updates[0].class_ == 254);
    CHECK(second->updates[0].type == dns::type::txt);
    CHECK(second->updates[0].ttl == 0);
    CHECK(second->updates[0].data == dns::RecordData{dns::RawData{ByteVector{1, 'x'}}});
}

TEST_CASE("update test: the third deletes from the real name a record that nobody can have", "[session][update_test]") {
    const std::string given = GENERATE("corp.test", "_VLMCS._tcp.corp.test");
    const auto done = test(zone_with({0, dns::rcode::refused, 0}), given);
    REQUIRE(done.updates.size() == 3);
    const auto first = dns::to_update(done.updates[0].message), third = dns::to_update(done.updates[2].message);
    REQUIRE((first && third));
    CHECK(third->prerequisites == first->prerequisites);
    CHECK(third->additionals.empty());
    REQUIRE(third->updates.size() == 1);
    CHECK(dns::is_same_name(third->updates[0].name, name("_vlmcs._tcp.corp.test")));
    CHECK(third->updates[0].class_ == 254);  // RFC 2136 2.5.4: NONE, TTL 0
    CHECK(third->updates[0].type == 33);
    CHECK(third->updates[0].ttl == 0);
    // RFC 2782: priority, weight, port 1688, target.
    ByteVector rdata{0, 0, 0, 0, 0x06, 0x98};
    const dns::DomainName target = name("_kms-check-5a5a5a5a5a5a5a5a.invalid");
    rdata.insert(rdata.end(), target.wire_labels().begin(), target.wire_labels().end());
    rdata.push_back(0);
    CHECK(third->updates[0].data == dns::RecordData{dns::RawData{rdata}});
}

TEST_CASE("update test: what the answers mean", "[session][update_test]") {
    struct Row {
        std::vector<int> rcodes;  // of RFC 2136 2.2, as numbers
        Policy policy;
    };
    const Row rows[] = {
        {{0, 0}, Policy::open},
        {{5}, Policy::refused},
        {{0, 5, 5}, Policy::refused},
        {{0, 9, 9}, Policy::refused},       // it serves the zone, and yet NOTAUTH
        {{0, 9, 0}, Policy::open},          // a rule for the record alone
        {{0, 5, 0}, Policy::inconclusive},  // as BIND says over TCP whatever its rules are
        {{0, 9, 2}, Policy::inconclusive},
        {{0, 5, silent, silent, silent}, Policy::inconclusive},
        {{9}, Policy::inconclusive},
        {{4}, Policy::inconclusive},  // NOTAUTH, NOTIMP
        {{10}, Policy::inconclusive},
        {{2}, Policy::inconclusive},  // NOTZONE, SERVFAIL
        {{6}, Policy::inconclusive},
        {{0, 6}, Policy::inconclusive},  // YXDOMAIN: somebody has the name
        {{0, 2}, Policy::inconclusive},
        {{3}, Policy::inconclusive},
        {{silent, silent, silent}, Policy::inconclusive},
        {{0, silent, silent, silent}, Policy::inconclusive},
    };
    for (const Row& row : rows) {
        CAPTURE(row.rcodes);
        const auto done = test(zone_with(row.rcodes));
        CHECK(done.evidence.policy() == row.policy);
        CHECK(done.updates.size() == row.rcodes.size());
        CHECK(done.evidence.zone == name("corp.test"));
        CHECK(done.evidence.primary == name("ns1.corp.test"));
    }
}

TEST_CASE("update test: silence over UDP leads to TCP, and the time counts from the first try",
          "[session][update_test]") {
    const auto done = test(zone_with({silent, silent, dns::rcode::refused}));
    CHECK(done.updates.back().transport == DnsTransport::tcp);
    REQUIRE(done.evidence.steps.size() == 1);
    CHECK(done.evidence.steps[0].outcome.transport == DnsTransport::tcp);
    CHECK(done.evidence.steps[0].duration > std::chrono::seconds{3});
}

TEST_CASE("update test: nothing is sent to the servers of the root and of top-level domains",
          "[session][update_test]") {
    const std::string owner = GENERATE("test", ".");
    const auto done = test(
        [&](const Request& request) {
            REQUIRE_FALSE(request.is_update());
            dns::Message reply = reply_to(request, dns::rcode::name_error);
            reply.authorities.push_back({.name = name(owner),
                                         .type = dns::type::soa,
                                         .ttl = 5,
                                         .data = dns::Soa{.mname = name("a.root.test"), .rname = name("x.test")}});
            return reply;
        },
        "nowhere.test");
    CHECK(done.evidence.search == PrimarySearchEnd::no_zone);
    CHECK(done.evidence.policy() == Policy::not_sent);
}

TEST_CASE("update test: a search in vain says why, and sends nothing", "[session][update_test]") {
    CHECK(test([](const Request&) { return std::nullopt; }).evidence.search == PrimarySearchEnd::failed);
    CHECK(test([](const Request&) { return std::nullopt; }, "corp.test", {}).evidence.search ==
          PrimarySearchEnd::no_resolver);
    const auto nameless = test([](const Request& request) {
        auto reply = *zone_with({})(request);
        reply.answers.clear();
        return reply;
    });
    CHECK(nameless.evidence.search == PrimarySearchEnd::no_address);
    CHECK(nameless.evidence.policy() == Policy::not_sent);
    CHECK(nameless.updates.empty());
}

TEST_CASE("update test: a name without room for another label has no unused name below", "[session][update_test]") {
    const RandomBytes random = [](std::span<std::uint8_t> out) { std::ranges::fill(out, 0x5A); };
    const std::string label(60, 'x');
    CHECK_FALSE(unused_name_below(name(label + "." + label + "." + label + "." + label), random));
    CHECK(unused_name_below(name(label + "." + label + "." + label), random));
}

}  // namespace
}  // namespace diag::test
