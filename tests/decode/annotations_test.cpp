// What a decoder hands to whoever writes packets: which of them, each once, what they mean, and names.
#include "libdiag/decode/annotations.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"
#include "tests/support/dissect/dns_script.h"

namespace diag::decode {
namespace {

using test::DnsMessage;
using test::DnsScript;
using test::endpoint;
using test::Side;
using test::TestPacket;

const std::string service = "_vlmcs._tcp.corp.test", host = "kms.corp.test", other_host = "kms2.corp.test";
constexpr std::uint16_t type_a = 1;

/// Keeps everything in memory, as PacketStore does on disk.
class Keeper : public PacketKeeper {
public:
    explicit Keeper(bool annotated) : annotated_{annotated} {}

    void begin_capture() override {}
    void keep(std::uint64_t serial, const PacketView& packet) override { kept.emplace_back(serial, packet.number); }
    void keep_fragment(const PacketView& packet) override { fragments_.insert(packet.number); }
    void assign_fragments(std::uint64_t serial, std::span<const std::uint64_t> numbers) override {
        for (const std::uint64_t number : numbers)
            if (fragments_.contains(number)) kept.emplace_back(serial, number);
    }
    void select(std::uint64_t serial) override { selected_.insert(serial); }
    bool wants_annotations() const override { return annotated_; }
    void annotate(std::span<const Annotation> annotations) override {
        for (const auto& annotation : annotations) texts[annotation.packet].push_back(annotation.text);
    }
    void name(std::span<const KnownName> known) override {
        for (const auto& one : known) names.insert(to_string(one.address) + " " + one.name);
    }

    /// Numbers of the packets that would be written, with repetitions.
    std::vector<std::uint64_t> written() const {
        std::vector<std::uint64_t> numbers;
        for (const auto& [serial, number] : kept)
            if (selected_.contains(serial)) numbers.push_back(number);
        std::ranges::sort(numbers);
        return numbers;
    }
    bool says(std::uint64_t packet, std::string_view text) const {
        const auto found = texts.find(packet);
        return found != texts.end() && std::ranges::any_of(found->second, [&](const std::string& line) {
                   return line.find(text) != std::string::npos;
               });
    }
    bool says(std::string_view text) const {
        return std::ranges::any_of(texts, [&](const auto& entry) { return says(entry.first, text); });
    }

    std::vector<std::pair<std::uint64_t, std::uint64_t>> kept;
    std::map<std::uint64_t, std::vector<std::string>> texts;
    std::set<std::string> names;

private:
    bool annotated_;
    std::set<std::uint64_t> selected_, fragments_;
};

Keeper keep(const std::vector<PacketView>& packets, const Settings& settings = {}, bool annotated = true) {
    Keeper keeper{annotated};
    kms::Codec codec{kms::lab_profile()};
    Decoder decoder{settings, codec, [](std::string_view) { return true; }, &keeper};
    decoder.begin_capture("test.pcap");
    for (const PacketView& packet : packets) decoder.on_packet(packet);
    decoder.end_capture(std::nullopt, 0);
    decoder.finish();
    return keeper;
}

Keeper keep(const std::vector<TestPacket>& packets, const Settings& settings = {}, bool annotated = true) {
    return keep(test::views_of(packets), settings, annotated);
}

std::vector<std::uint64_t> numbers(std::size_t first, std::size_t last) {
    std::vector<std::uint64_t> out;
    for (std::size_t i = first; i <= last; ++i) out.push_back(i);
    return out;
}

std::vector<TestPacket> activation(const DnsScript& script) {
    test::ConversationOptions options;
    options.start = script.now();
    return test::conversation(options);
}

std::vector<TestPacket> refused(const DnsScript& script, std::string_view address) {
    test::TcpScript tcp{
        {.client = endpoint("192.0.2.77", 49'700), .host = endpoint(address, 1688), .start = script.now()}};
    tcp.syn().rst(Side::host);
    return tcp.packets;
}

DnsMessage question_of(const std::string& name, std::uint16_t id = 7) {
    return {.id = id, .name = name, .type = type_a};
}

ByteVector framed(const DnsMessage& message) {
    const ByteVector body = test::to_bytes(message);
    const auto size = static_cast<unsigned>(body.size());
    return test::join({test::bytes({size >> 8U, size & 0xFFU}), body});
}

/// The decode of what would be written says the same as that of the whole.
void check_same_when_written(const std::vector<PacketView>& packets, const Keeper& keeper) {
    std::vector<PacketView> written;
    for (const std::uint64_t number : keeper.written()) written.push_back(packets.at(number - 1));
    for (std::size_t i = 0; i < written.size(); ++i) written[i].number = i + 1;
    CHECK(test::difference(test::digest_of(written), test::digest_of(packets)).empty());
}

}  // namespace

TEST_CASE("annotations: every packet of a conversation is kept, and once, on any port", "[decode][annotations]") {
    for (const std::uint16_t port : {std::uint16_t{1688}, std::uint16_t{50'123}, std::uint16_t{53}}) {
        CAPTURE(port);
        test::ConversationOptions options;
        options.host = endpoint("192.0.2.10", port);
        const auto packets = test::conversation(options, 2);
        for (const bool annotated : {true, false})
            CHECK(keep(packets, {}, annotated).written() == numbers(1, packets.size()));
    }
}

TEST_CASE("annotations: a port that is used again belongs to the new connection from its SYN on",
          "[decode][annotations]") {
    // Another port than that of KMS, where only the SYN is remembered: opened, left, and opened anew.
    const auto host_end = endpoint("192.0.2.10", 50'123);
    test::TcpScript left{{.client = endpoint("192.0.2.77", 49'701), .host = host_end, .client_isn = 7'000'000}};
    left.syn();
    test::ConversationOptions options;
    options.host = host_end;
    options.start = {options.start.ns + 5'000'000};
    std::vector<TestPacket> packets = left.packets;
    const auto second = test::conversation(options);
    packets.insert(packets.end(), second.begin(), second.end());
    CHECK(keep(packets).written() == numbers(2, packets.size()));
}

TEST_CASE("annotations: the steps of a conversation stand on their packets", "[decode][annotations]") {
    test::ConversationScript script;
    script.tcp.handshake();                         // 1 to 3
    script.bind().bind_ack().request().response();  // 4 to 11, each with its acknowledgement
    script.tcp.fin(Side::client).fin(Side::host);   // 12, 13
    const Keeper keeper = keep(script.packets());
    CHECK(keeper.says(1, "client 192.0.2.77 connects to KMS host 192.0.2.10:1688"));
    CHECK(keeper.says(2, "the host accepts the connection on TCP port 1688"));
    CHECK(keeper.says(4, "RPC bind: client offers NDR32 for the KMS interface"));
    CHECK(keeper.says(6, "RPC bind_ack: NDR32 accepted"));
    CHECK(keeper.says(8, "KMS request, version 6.0: "));
    CHECK(keeper.says(8, "needs a count of 25"));
    CHECK(keeper.says(
        10,
        "KMS response: count 50 of 25 needed, enough; asks every 2 hours until activated, renews every 7 days; "
        "ePID 06401-00206-471-111111-03-1033-9600.0000-3292025"));
    CHECK(keeper.texts.rbegin()->second == std::vector<std::string>{"verdict: complete: every request was answered"});
    CHECK(keeper.texts.rbegin()->first == script.packets().size());
}

TEST_CASE("annotations: a count that is too low is called so, and is the finding of the answer",
          "[decode][annotations]") {
    test::ConversationOptions options;
    options.count = 24;
    const Keeper keeper = keep(test::conversation(options));
    CHECK(keeper.says(10, "count 24 of 25 needed, NOT ENOUGH"));
    CHECK(keeper.says(10, "KMS-COUNT-LOW ("));
    CHECK(keeper.says(10, "the Windows client shows 0xC004F038"));
}

TEST_CASE("annotations: a refusal by a code is named with it", "[decode][annotations]") {
    test::ConversationScript script;
    script.tcp.handshake();
    script.bind().bind_ack().request().host(script.refusal_pdu(0xC004F06C));
    script.tcp.fin(Side::client).fin(Side::host);
    const Keeper keeper = keep(script.packets());
    CHECK(keeper.says(10, "KMS response: refused, 0xC004F06C SL_E_VL_INVALID_TIMESTAMP"));
    CHECK(keeper.says("verdict: complete: the request was answered, with a refusal"));
}

TEST_CASE("annotations: a body that is closed is not guessed at", "[decode][annotations]") {
    const auto packets = test::conversation({});
    Keeper keeper{true};
    kms::KeyProfile profile = kms::lab_profile();
    profile.v6.reset();
    kms::Codec codec{profile};
    Decoder decoder{{}, codec, [](std::string_view) { return true; }, &keeper};
    decoder.begin_capture("test.pcap");
    for (const PacketView& packet : test::views_of(packets)) decoder.on_packet(packet);
    decoder.end_capture(std::nullopt, 0);
    CHECK(keeper.says(8, "KMS request, version 6.0: body protected, not opened by the key profile"));
    CHECK(keeper.says(10, "KMS response: body protected, not opened by the key profile"));
    CHECK(keeper.names.empty());
}

TEST_CASE("annotations: the search in DNS is kept with the conversation, and names the host", "[decode][annotations]") {
    DnsScript script;
    script.lookup({}, {test::srv_record(service, host)})
        .lookup(question_of(host), {test::address_record(host, "192.0.2.10")});
    script.add(activation(script));
    const auto packets = script.packets();
    const auto views = test::views_of(packets);
    const Keeper keeper = keep(views);
    CHECK(keeper.says(1, "DNS: client asks 192.0.2.53 for SRV _vlmcs._tcp.corp.test"));
    CHECK(keeper.says(2, "DNS answer: NOERROR; kms.corp.test:1688"));
    CHECK(keeper.says(4, "A 192.0.2.10"));
    CHECK(keeper.says(5, "192.0.2.10:1688 (kms.corp.test), found through _vlmcs._tcp.corp.test"));
    CHECK(keeper.names.contains("192.0.2.10 kms.corp.test"));
    CHECK(keeper.written() == numbers(1, packets.size() - 1));  // the last is unrelated
    check_same_when_written(views, keeper);

    const Keeper plain = keep(views, {}, false);
    CHECK(plain.texts.empty());
    CHECK(plain.written() == numbers(5, packets.size() - 1));
}

TEST_CASE("annotations: selecting by host keeps the look-ups that led to it", "[decode][annotations]") {
    DnsScript script;
    script.lookup({}, {test::srv_record(service, host)})
        .lookup(question_of(host), {test::address_record(host, "192.0.2.10")});
    script.add(activation(script));
    const auto packets = script.packets();
    const Settings settings{.selection = {.hosts = {*parse_end_filter("192.0.2.10")}}};
    CHECK(keep(packets, settings).written() == numbers(1, packets.size() - 1));
    const Settings other{.selection = {.clients = {*parse_end_filter("192.0.2.78")}}};
    CHECK(keep(packets, other).written().empty());
}

TEST_CASE("annotations: a name that nobody published is told on the answer", "[decode][annotations]") {
    DnsScript script;
    script.lookup({}, {}, 3);
    const Keeper keeper = keep(script.packets());
    CHECK(keeper.says(2, "DNS answer: NXDOMAIN: no KMS host is published under this name"));
    CHECK(keeper.says("KMS-DNS-NO-RECORD (critical): "));
    CHECK(keeper.written() == numbers(1, 2));
}

TEST_CASE("annotations: connections to a name server are kept whole", "[decode][annotations]") {
    DnsScript script;
    script.ask({}).answer({.flags = test::dns_flags::truncated_answer});
    test::TcpScript tcp{{.client = endpoint("192.0.2.77", 50'002), .host = script.server, .start = script.now()}};
    DnsMessage answer{.id = 5, .flags = test::dns_flags::answer};
    answer.answers = {test::srv_record(service, host), test::srv_record(service, other_host)};
    tcp.handshake().send(Side::client, framed({.id = 5})).send(Side::host, framed(answer), 20);
    tcp.fin(Side::client).fin(Side::host);
    script.add(tcp.packets);
    script.lookup(question_of(host), {test::address_record(host, "192.0.2.10")});
    script.add(activation(script));
    const auto packets = script.packets();
    const auto views = test::views_of(packets);
    const Keeper keeper = keep(views);
    CHECK(keeper.says(2, "truncated: the client asks again over TCP"));
    CHECK(keeper.written() == numbers(1, packets.size() - 1));
    check_same_when_written(views, keeper);
}

TEST_CASE("annotations: an ICMP error about a question is kept and told", "[decode][annotations]") {
    DnsScript script;
    script.ask({}).unreachable(test::ip("192.0.2.1"));
    const Keeper keeper = keep(script.packets());
    CHECK(keeper.says(2, "DNS: the server cannot be reached"));
    CHECK(keeper.written() == numbers(1, 2));
}

TEST_CASE("annotations: an answer in fragments is kept with all of them", "[decode][annotations]") {
    DnsScript asked;
    asked.ask({});
    DnsMessage answer{.flags = test::dns_flags::answer};
    for (int i = 0; i < 30; ++i) answer.answers.push_back(test::srv_record(service, host));
    auto packets = asked.packets();
    packets.resize(1);
    const ByteVector datagram = test::udp_datagram(asked.server, asked.client, test::to_bytes(answer));
    for (const auto& fragment : test::ip_fragments(asked.server.ip, asked.client.ip, 17, datagram, 99, 400))
        packets.push_back({{asked.now().ns}, test::ethernet_ip(fragment)});
    REQUIRE(packets.size() > 3);
    CHECK(keep(packets).written() == numbers(1, packets.size()));
}

TEST_CASE("annotations: DNS that is about something else is not kept", "[decode][annotations]") {
    DnsScript script;
    script.lookup({.id = 3, .name = "www.corp.test", .type = type_a},
                  {test::address_record("www.corp.test", "192.0.2.1")});
    const auto packets = script.packets();
    const Keeper keeper = keep(packets);
    CHECK(keeper.kept.empty());
    CHECK(keeper.texts.empty());
}

TEST_CASE("annotations: a host that was passed over is told as such, though it failed first", "[decode][annotations]") {
    DnsScript script;
    script.lookup({}, {test::srv_record(service, other_host), test::srv_record(service, host)})
        .lookup(question_of(other_host), {test::address_record(other_host, "192.0.2.11")})
        .lookup(question_of(host, 8), {test::address_record(host, "192.0.2.10")});
    script.add(refused(script, "192.0.2.11"));
    const auto alone = script.packets();
    CHECK(keep(alone).says(8, "KMS-CONNECT-REFUSED (critical)"));
    script.add(activation(script));
    const Keeper keeper = keep(script.packets());
    CHECK(keeper.says(8, "KMS-HOST-SKIPPED (warning)"));
    CHECK_FALSE(keeper.says("(critical)"));
}

TEST_CASE("annotations: a finding of many packets is told on the first ones and the last", "[decode][annotations]") {
    check::Rule rule{};
    rule.id = "KMS-TEST";
    check::Finding finding{
        .rule = &rule, .target = "", .title = "a\x1B title", .evidence = {}, .packets = numbers(1, 100)};
    const auto notes = annotate(std::vector{finding}, 7, Backslash::doubled);
    REQUIRE(notes.size() == max_packets_of_finding);
    CHECK(notes.front().packet == 1);
    CHECK(notes.back().packet == 100);
    CHECK(notes.back().text == "KMS-TEST (info): a\\x1b title");
    finding.packets.clear();
    const auto otherwise = annotate(std::vector{finding}, 7, Backslash::doubled);
    REQUIRE(otherwise.size() == 1);
    CHECK(otherwise.front().packet == 7);
}

TEST_CASE("annotations: only what can be a host name becomes one", "[decode][annotations]") {
    for (const char* name : {"a", "PC-7", "srv_2.corp.example.test", "3com", "a.b."}) {
        CAPTURE(name);
        CHECK(host_name_text(name));
    }
    CHECK(host_name_text("kms.corp.test.") == "kms.corp.test");
    const std::string long_label(64, 'a');
    std::string long_name = "a";
    while (long_name.size() <= 253) long_name += ".a";
    for (const std::string& name : {std::string{}, std::string{"."}, std::string{".."}, std::string{"a..b"},
                                    std::string{".a"}, std::string{"a b"}, std::string{"a\nb"}, std::string{"a\\032b"},
                                    std::string{"caf\xC3\xA9"}, std::string{"192.0.2.1"}, std::string{"2001:db8::1"},
                                    std::string{"127.1"}, std::string{"a\0b", 3}, long_label, long_name}) {
        CAPTURE(name);
        CHECK_FALSE(host_name_text(name));
    }
}

}  // namespace diag::decode
