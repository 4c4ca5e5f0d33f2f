#include <catch2/catch.hpp>

#include <functional>

#include "libdiag/base/hex.h"
#include "libdiag/proto/dns/decode.h"
#include "libdiag/session/dns_update.h"
#include "libdiag/session/publish_event.h"

// The registration without sockets: a world of servers is a function from what is sent to what comes back.

using namespace diag;
using namespace std::chrono_literals;

namespace {

using session::DnsAttempt;
using session::DnsTransport;

dns::DomainName name(std::string_view text) { return *dns::DomainName::parse(text); }
Endpoint server(std::string_view ip) { return {*IpAddress::parse(ip), 53}; }

const Endpoint resolver = server("192.0.2.53"), second_resolver = server("192.0.2.54"), primary = server("192.0.2.1");
const session::PublishedService service{name("corp.test"), {1, 2, 1688, name("kms1.corp.test")}, 900};
const dns::TsigKey key{name("kms-update"), dns::TsigAlgorithm::hmac_sha256, ByteVector(32, 7)};

struct Request {
    DnsTransport transport = DnsTransport::udp;
    Endpoint server;
    ByteVector bytes;  // without the length of TCP
    dns::Message message;
    bool is_for(std::string_view text, std::uint16_t type) const {
        return message.opcode() == 0 && message.questions.at(0).type == type &&
               dns::is_same_name(message.questions[0].name, name(text));
    }
    bool is_update() const { return message.opcode() == dns::opcode::update; }
};

/// Nothing: silence.
using World = std::function<std::optional<dns::Message>(const Request&)>;

dns::Message answer_to(const Request& request, std::uint16_t rcode = 0) {
    dns::Message answer;
    answer.header.id = request.message.header.id;
    answer.header.flags =
        static_cast<std::uint16_t>((request.message.header.flags & 0x7900U) | dns::flag::qr | (rcode & 0x0fU));
    answer.questions = request.message.questions;
    return answer;
}

dns::Record soa(std::string_view zone, std::string_view mname = "ns1.corp.test") {
    return {.name = name(zone), .type = dns::type::soa, .ttl = 5, .data = dns::Soa{.mname = name(mname)}};
}

dns::Record address(std::string_view host, const Endpoint& of) {
    return {.name = name(host), .type = dns::type::a, .ttl = 5, .data = of.ip};
}

/// A resolver that knows zone and primary server, and a primary server that does what it is asked.
std::optional<dns::Message> healthy(const Request& request) {
    dns::Message answer = answer_to(request);
    if (request.is_update()) {
        if (request.server != primary) return answer_to(request, dns::rcode::not_auth);
        return answer;
    }
    if (request.is_for("_vlmcs._tcp.corp.test", dns::type::soa)) answer.authorities.push_back(soa("corp.test"));
    if (request.is_for("ns1.corp.test", dns::type::a)) answer.answers.push_back(address("ns1.corp.test", primary));
    return answer;
}

/// Drives a machine through a world, in a time that is only counted.
class Drive {
public:
    explicit Drive(session::DnsUpdateSettings settings, World world)
        : update_{std::move(settings), service, [this](std::span<std::uint8_t> out) { fill(out); }},
          world_{std::move(world)} {}

    const session::PublishResult& run() {
        auto next = update_.start(now_);
        for (int step = 0; !update_.has_ended(); ++step) {
            REQUIRE(step < 1000);
            if (next) {
                next = meet(*next);
            } else {
                now_.steady = update_.deadline();
                now_.clock.ns += 2'000'000'000;
                next = update_.on_time(now_);
            }
        }
        return update_.result();
    }

    std::vector<Request> requests;
    session::DnsUpdate& machine() { return update_; }
    session::Now time() const { return now_; }

    std::optional<DnsAttempt> meet(const DnsAttempt& attempt) {
        Request request{
            .transport = attempt.transport, .server = attempt.server, .bytes = attempt.bytes, .message = {}};
        if (attempt.transport == DnsTransport::tcp)
            request.bytes.erase(request.bytes.begin(), request.bytes.begin() + 2);
        store_.push_back(std::make_unique<ByteVector>(request.bytes));
        REQUIRE(dns::decode_message(*store_.back(), request.message));
        requests.push_back(request);
        const auto answer = world_(request);
        if (!answer) return std::nullopt;
        return deliver(attempt, *dns::encode_message(*answer));
    }

    std::optional<DnsAttempt> deliver(const DnsAttempt& attempt, Bytes bytes) {
        if (attempt.transport == DnsTransport::udp) return update_.on_datagram(attempt.server, bytes, now_);
        return update_.on_stream(dns::add_tcp_prefix(bytes), now_);
    }

private:
    void fill(std::span<std::uint8_t> out) {
        for (auto& byte : out) byte = ++counter_;
    }

    std::uint8_t counter_ = 0;
    session::Now now_{.steady = {}, .clock = {1'795'600'000'000'000'000}};
    session::DnsUpdate update_;
    World world_;
    std::vector<std::unique_ptr<ByteVector>> store_;  // what messages are views of
};

session::DnsUpdateSettings settings(std::optional<dns::TsigKey> with_key = {}) {
    return {.resolvers = {resolver, second_resolver}, .exchange = {}, .key = std::move(with_key)};
}

std::uint32_t code_in(const World& world, std::optional<dns::TsigKey> with_key = {}) {
    return Drive{settings(std::move(with_key)), world}.run().code;
}

/// A primary server that answers updates with this, in an otherwise healthy world.
World primary_says(std::function<std::optional<dns::Message>(const Request&)> says) {
    return [says](const Request& request) { return request.is_update() ? says(request) : healthy(request); };
}

}  // namespace

TEST_CASE("DNS publication: SOA, address, then one update without prerequisites to the primary", "[session][dns]") {
    Drive drive{settings(), healthy};
    const auto& result = drive.run();
    CHECK(result.code == 0);
    CHECK(result.stage == session::PublishStage::update);
    CHECK(to_string(result.zone) == "corp.test");
    CHECK(to_string(result.primary) == "ns1.corp.test");
    REQUIRE(drive.requests.size() == 4);
    CHECK(drive.requests[0].is_for("_vlmcs._tcp.corp.test", dns::type::soa));
    CHECK(drive.requests[0].server == resolver);
    CHECK(drive.requests[1].is_for("ns1.corp.test", dns::type::a));
    CHECK(drive.requests[2].is_for("ns1.corp.test", dns::type::aaaa));
    const auto update = dns::to_update(drive.requests[3].message);
    REQUIRE(update);
    CHECK(drive.requests[3].server == primary);
    CHECK(to_string(update->zone) == "corp.test");
    CHECK(update->prerequisites.empty());
    REQUIRE(update->updates.size() == 1);
    CHECK(to_string(update->updates[0].name) == "_vlmcs._tcp.corp.test");
    CHECK(update->updates[0].ttl == 900);
    CHECK(update->updates[0].class_ == dns::class_in);
    CHECK(std::get<dns::Srv>(update->updates[0].data) == service.service);
    // Every message has an id of its own.
    std::vector<std::uint16_t> ids;
    for (const auto& request : drive.requests) ids.push_back(request.message.header.id);
    std::sort(ids.begin(), ids.end());
    CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
}

// winerror.h: DNS_ERROR_RCODE_FORMAT_ERROR is 9001 and so on, DNS_ERROR_BAD_PACKET 9502.
TEST_CASE("DNS publication: what the primary answers is the code of Windows for it", "[session][dns]") {
    const std::pair<std::uint16_t, std::uint32_t> rows[] = {
        {1, 0x80072329}, {2, 0x8007232A}, {3, 0x8007232B}, {4, 0x8007232C},  {5, 0x8007232D},  {6, 0x8007232E},
        {7, 0x8007232F}, {8, 0x80072330}, {9, 0x80072331}, {10, 0x80072332}, {11, 0x8007251E},
    };
    for (const auto& [rcode, code] : rows) {
        CAPTURE(rcode);
        const std::uint16_t told = rcode;
        Drive drive{settings(), primary_says([told](const Request& r) { return answer_to(r, told); })};
        CHECK(drive.run().code == code);
        CHECK(drive.requests.size() == 4);  // the primary's word is final
    }
}

TEST_CASE("DNS publication: an update's answer may be a header alone", "[session][dns]") {
    CHECK(code_in(primary_says([](const Request& request) {
              dns::Message answer = answer_to(request);
              answer.questions.clear();
              return answer;
          })) == 0);
}

TEST_CASE("DNS publication: without a server nothing is sent", "[session][dns]") {
    Drive drive{{}, healthy};
    CHECK(drive.run().code == 0x8007267C);
    CHECK(drive.requests.empty());
}

TEST_CASE("DNS publication: silence is asked twice over UDP, then over TCP, then the next server", "[session][dns]") {
    Drive drive{settings(), [](const Request&) { return std::nullopt; }};
    const auto& result = drive.run();
    CHECK(result.code == 0x800705B4);
    CHECK(result.stage == session::PublishStage::zone);
    REQUIRE(drive.requests.size() == 6);
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(drive.requests[i].server == (i < 3 ? resolver : second_resolver));
        CHECK(drive.requests[i].transport == (i % 3 == 2 ? DnsTransport::tcp : DnsTransport::udp));
    }
}

TEST_CASE("DNS publication: who answers over TCP only is heard, and who cuts answers is asked again there",
          "[session][dns]") {
    for (const bool cuts : {false, true}) {
        CAPTURE(cuts);
        Drive drive{settings(), [cuts](const Request& request) -> std::optional<dns::Message> {
                        if (request.transport == DnsTransport::tcp) return healthy(request);
                        if (!cuts) return std::nullopt;
                        auto answer = answer_to(request);
                        answer.header.flags |= dns::flag::tc;
                        return answer;
                    }};
        CHECK(drive.run().code == 0);
        CHECK(drive.requests.size() == (cuts ? 8 : 12));
    }
}

TEST_CASE("DNS publication: a resolver in trouble is passed over, and its refusal remembered", "[session][dns]") {
    for (const std::uint16_t rcode : std::initializer_list<std::uint16_t>{1, 2, 4, 5}) {
        CAPTURE(rcode);
        const auto first_in_trouble = [rcode](const Request& request) {
            return request.server == resolver ? answer_to(request, rcode) : healthy(request);
        };
        CHECK(code_in(first_in_trouble) == 0);
        const auto all_in_trouble = [rcode](const Request& request) -> std::optional<dns::Message> {
            if (request.server == resolver) return answer_to(request, rcode);
            return std::nullopt;
        };
        CHECK(code_in(all_in_trouble) == 0x80072328U + rcode);
    }
}

TEST_CASE("DNS publication: the zone is looked for upwards, and never in the root or a top-level domain",
          "[session][dns]") {
    Drive drive{settings(), [](const Request& request) -> std::optional<dns::Message> {
                    auto answer = *healthy(request);
                    if (request.is_for("_vlmcs._tcp.corp.test", dns::type::soa)) answer.authorities.clear();
                    if (request.is_for("corp.test", dns::type::soa)) answer.answers.push_back(soa("corp.test"));
                    return answer;
                }};
    CHECK(drive.run().code == 0);
    CHECK(drive.requests[1].is_for("_tcp.corp.test", dns::type::soa));
    CHECK(drive.requests[2].is_for("corp.test", dns::type::soa));

    for (const std::string_view zone : {".", "test"}) {
        CAPTURE(zone);
        Drive above{settings(), [zone](const Request& request) {
                        auto answer = answer_to(request, dns::rcode::name_error);
                        answer.authorities.push_back(soa(zone));
                        return answer;
                    }};
        CHECK(above.run().code == 0x80072331);
        CHECK(above.requests.size() == 1);
    }
    Drive nowhere{settings(), [](const Request& request) { return answer_to(request); }};
    CHECK(nowhere.run().code == 0x80072331);
    CHECK(nowhere.requests.size() == 3);  // down to corp.test
}

TEST_CASE("DNS publication: the SOA of somebody else's zone is not followed", "[session][dns]") {
    Drive drive{settings(), [](const Request& request) {
                    auto answer = answer_to(request);
                    answer.authorities.push_back(soa("evil.test"));
                    answer.authorities.push_back(soa("sub.corp.test"));
                    return answer;
                }};
    CHECK(drive.run().code == 0x80072331);
    for (const auto& request : drive.requests) CHECK_FALSE(request.is_update());
}

TEST_CASE("DNS publication: addresses are those of the primary's name, also behind aliases", "[session][dns]") {
    const auto with = [](std::vector<dns::Record> records) {
        return [records](const Request& request) {
            auto answer = *healthy(request);
            if (request.is_for("ns1.corp.test", dns::type::a)) answer.answers = records;
            return std::optional{answer};
        };
    };
    const auto alias = [](std::string_view from, std::string_view to) {
        return dns::Record{.name = name(from), .type = dns::type::cname, .data = name(to)};
    };
    CHECK(code_in(with({alias("ns1.corp.test", "a.test"), address("a.test", primary)})) == 0);
    CHECK(code_in(with({address("other.test", primary)})) == 0x8007251D);
    CHECK(code_in(with({alias("ns1.corp.test", "ns1.corp.test")})) == 0x8007251D);
    CHECK(code_in(with({})) == 0x8007251D);
}

TEST_CASE("DNS publication: the next address of the primary is tried when one is dead", "[session][dns]") {
    const Endpoint dead = server("192.0.2.99");
    Drive drive{settings(), [&](const Request& request) -> std::optional<dns::Message> {
                    if (request.server == dead) return std::nullopt;
                    auto answer = *healthy(request);
                    if (request.is_for("ns1.corp.test", dns::type::a))
                        answer.answers.insert(answer.answers.begin(), address("ns1.corp.test", dead));
                    return answer;
                }};
    CHECK(drive.run().code == 0);
    CHECK(drive.requests.size() == 3 + 3 + 1);
}

TEST_CASE("DNS publication: datagrams that are no answer are not seen, and few of them are looked at",
          "[session][dns]") {
    Drive drive{settings(), [](const Request&) { return std::nullopt; }};
    auto& machine = drive.machine();
    const auto first = machine.start(drive.time());
    REQUIRE(first);
    CHECK_FALSE(drive.meet(*first));
    const auto good = healthy(drive.requests[0]);
    const ByteVector bytes = *dns::encode_message(*good);
    const auto changed = [&](auto change) {
        dns::Message message = *good;
        change(message);
        return *dns::encode_message(message);
    };
    const ByteVector strays[] = {
        changed([](dns::Message& m) { m.header.id ^= 1; }),
        changed([](dns::Message& m) { m.header.flags &= 0x7fff; }),
        changed([](dns::Message& m) { m.header.flags |= 0x2800; }),
        changed([](dns::Message& m) { m.questions[0].name = name("_vlmcs._tcp.corpo.test"); }),
        changed([](dns::Message& m) { m.questions[0].type = dns::type::a; }),
        changed([](dns::Message& m) { m.questions.clear(); }),
        ByteVector(11, 0),
        {},
    };
    for (const auto& stray : strays) {
        CAPTURE(to_hex(stray));
        CHECK_FALSE(machine.on_datagram(resolver, stray, drive.time()));
        CHECK_FALSE(machine.has_ended());
    }
    CHECK_FALSE(machine.on_datagram(second_resolver, bytes, drive.time()));  // another sender
    CHECK_FALSE(machine.on_datagram({resolver.ip, 54}, bytes, drive.time()));

    SECTION("the answer behind them counts") {
        CHECK(machine.on_datagram(resolver, bytes, drive.time()));  // the next question
    }
    SECTION("too many of them end the attempt") {
        std::optional<DnsAttempt> next;
        std::size_t count = std::size(strays) + 2;
        for (; !next; ++count) {
            REQUIRE(count <= session::max_stray_count + 1);
            next = machine.on_datagram(resolver, strays[0], drive.time());
        }
        CHECK(count == session::max_stray_count + 1);
        CHECK(next->server == resolver);
    }
}

TEST_CASE("DNS publication: an answer over TCP counts when it is whole, however it is cut", "[session][dns]") {
    Drive drive{settings(), [](const Request&) { return std::nullopt; }};
    auto& machine = drive.machine();
    auto next = machine.start(drive.time());
    next = machine.on_failure(drive.time());
    next = machine.on_failure(drive.time());
    REQUIRE(next);
    REQUIRE(next->transport == DnsTransport::tcp);
    drive.meet(*next);
    const ByteVector stream = dns::add_tcp_prefix(*dns::encode_message(*healthy(drive.requests.back())));
    for (std::size_t size = 0; size < stream.size(); ++size)
        REQUIRE_FALSE(machine.on_stream(Bytes{stream}.first(size), drive.time()));
    CHECK(machine.on_stream(stream, drive.time()));
}

TEST_CASE("DNS publication: an answer that cannot be read is a bad packet", "[session][dns]") {
    Drive drive{settings(), [](const Request&) { return std::nullopt; }};
    auto& machine = drive.machine();
    auto next = machine.start(drive.time());
    for (int i = 0; i < 2; ++i) {  // of both servers
        REQUIRE(next);
        drive.meet(*next);
        ByteVector bytes = *dns::encode_message(*healthy(drive.requests.back()));
        bytes.pop_back();
        next = drive.deliver(*next, bytes);
    }
    REQUIRE(machine.has_ended());
    CHECK(machine.result().code == 0x8007251E);
}

namespace {

/// An answer signed as a server would, from its text: the code that signs is tested against other programs elsewhere. The
/// request's MAC goes before what is signed, so that its bytes are made here.
using Sign = std::function<ByteVector(const Request&, const dns::Message& answer)>;

std::uint32_t code_with_signed(const Sign& sign, const dns::TsigKey& our_key = key) {
    Drive drive{settings(our_key), [](const Request& request) -> std::optional<dns::Message> {
                    if (request.is_update()) return std::nullopt;
                    return healthy(request);
                }};
    auto& machine = drive.machine();
    auto next = machine.start(drive.time());
    while (next && !machine.has_ended()) {
        const DnsAttempt attempt = *next;
        next = drive.meet(attempt);
        const Request& last = drive.requests.back();
        if (next || !last.is_update()) continue;
        CHECK(dns::find_tsig(last.message) != nullptr);
        next = drive.deliver(attempt, sign(last, answer_to(last)));
        if (next || machine.has_ended()) continue;
        session::Now later = drive.time();
        later.steady = machine.deadline();
        next = machine.on_time(later);
    }
    REQUIRE(machine.has_ended());
    return machine.result().code;
}

ByteVector plain(const Request&, const dns::Message& answer) { return *dns::encode_message(answer); }

}  // namespace

TEST_CASE("DNS publication: with a key only the update is signed", "[session][dns][tsig]") {
    Drive drive{settings(key), healthy};
    drive.run();
    REQUIRE(drive.requests.size() >= 4);
    for (const auto& request : drive.requests)
        CHECK((dns::find_tsig(request.message) != nullptr) == request.is_update());
}

TEST_CASE("DNS publication: a signed update is done when its answer is signed, and refused without",
          "[session][dns][tsig]") {
    const auto refusal = [](std::uint16_t rcode, std::uint16_t tsig_error) {
        return [=](const Request& request, dns::Message answer) {
            answer.header.flags |= rcode;
            if (tsig_error != 0)
                answer.additionals.push_back({.name = key.name,
                                              .type = dns::type::tsig,
                                              .class_ = dns::class_any,
                                              .data = dns::Tsig{.algorithm = name_of(key.algorithm),
                                                                .fudge = 300,
                                                                .original_id = request.message.header.id,
                                                                .error = tsig_error}});
            return *dns::encode_message(answer);
        };
    };
    CHECK(code_with_signed(plain) == 0x80072521);  // nobody vouches for the success
    CHECK(code_with_signed(refusal(5, 0)) == 0x8007232D);
    CHECK(code_with_signed(refusal(9, 16)) == 0x80072338);
    CHECK(code_with_signed(refusal(9, 17)) == 0x80072339);
    CHECK(code_with_signed(refusal(9, 0)) == 0x80072331);
    CHECK(code_with_signed(refusal(0, 17)) == 0x80072339);  // success with an error in it is none
    const auto forged = [](const Request& request, const dns::Message& answer) {
        // Signed with the key, but not for this request: a replay.
        static_cast<void>(request);
        return dns::sign_message(*dns::encode_message(answer), key, Timestamp{1'795'600'000'000'000'000})->bytes;
    };
    CHECK(code_with_signed(forged) == 0x80072338);
}

TEST_CASE("DNS publication: events have the fields that a KMS host logs", "[session][dns]") {
    session::PublishEvent event{.logged_at = {}, .service = service, .result = {}};
    event.result.outcome.emplace();
    CHECK(event.number() == 12294);
    CHECK(event_fields(event) == std::vector<std::string>{"corp.test"});
    event.result.code = 0x80072338;
    CHECK(event.number() == 12293);
    CHECK(event_fields(event) == std::vector<std::string>{"0x80072338", "corp.test"});
}

TEST_CASE("DNS publication: the longest domain that has room for the record is taken, the next is not",
          "[session][dns]") {
    // 7 and 5 bytes of the 255 are for _vlmcs and _tcp.
    dns::DomainName domain;
    for (int i = 0; i < 3; ++i) REQUIRE(domain.append(ByteVector(63, 'a')));
    REQUIRE(domain.append(ByteVector(49, 'a')));
    CHECK(domain.wire_size() == 255 - 7 - 5);
    CHECK(session::service_owner(domain));
    dns::DomainName longer;
    for (int i = 0; i < 3; ++i) REQUIRE(longer.append(ByteVector(63, 'a')));
    REQUIRE(longer.append(ByteVector(50, 'a')));
    CHECK_FALSE(session::service_owner(longer));
}
