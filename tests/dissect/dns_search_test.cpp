// A client's way to its KMS host: SRV query, answer, address query, connection. What is said of it, and what is not.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "libdiag/dissect/dns_searches.h"
#include "libdiag/dissect/tracker.h"
#include "tests/support/dissect/decode_packets.h"
#include "tests/support/dissect/dns_client.h"

namespace diag::test {
namespace {

using Said = std::vector<std::string>;

constexpr std::uint16_t server_failure = 2, name_error = 3, refused = 5;
const std::string no_address = "KMS-SRV-TARGET-NO-ADDRESS, 0xC004F074";

// The client asks for both kinds of address.
DnsScript& no_addresses_of(DnsScript& script, const std::string& name, std::uint16_t rcode) {
    return script.lookup(question_of(name, type_a), {}, rcode).lookup(question_of(name, type_aaaa), {}, rcode);
}

TEST_CASE("dns search: the client is followed from its question to the conversation", "[dissect][dns]") {
    DnsScript script = with_service();
    script.lookup(question_of(host, type_a), {address_record(host, "192.0.2.10")})
        .lookup(question_of(host, type_aaaa), {});
    script.add(activation(script));
    CHECK(script.said().empty());
    const auto documents = script.documents();
    REQUIRE(documents.size() == 2);
    const auto& search = documents[0];
    CHECK(search.at("kind").as_string() == "dns");
    CHECK(search.at("lookups").as_array().size() == 1);
    CHECK(search.at("address_lookups").as_array().size() == 2);
    const auto& connection = search.at("connections").as_array().at(0).as_object();
    CHECK(connection.at("packet").as_int64() == 7);
    CHECK(connection.at("target").as_string() == host);
    const auto& way = documents[1].at("found_through").as_object();
    CHECK(way.at("query").as_string() == service);
    CHECK(way.at("target").as_string() == host);
    CHECK(way.at("packets").as_array() == boost::json::array{1, 2});
    CHECK(way.at("address_packets").as_array() == boost::json::array{3, 4});
    const auto packets = script.packets();
    CHECK_THAT(decode_text(views_of(packets)),
               Catch::Contains("  found through _vlmcs._tcp.corp.test (packets 1, 2), kms.corp.test = 192.0.2.10\n"
                               "    (packets 3, 4)\n"));
}

TEST_CASE("dns search: a client that connects elsewhere was not led there by DNS", "[dissect][dns]") {
    DnsScript script = with_service();
    script.lookup(question_of(host, type_a), {address_record(host, "192.0.2.11")});
    script.add(activation(script));
    const auto documents = script.documents();
    REQUIRE(documents.size() == 2);
    REQUIRE(documents[0].at("kind").as_string() == "conversation");
    CHECK(documents[0].at("found_through").is_null());
}

TEST_CASE("dns search: a published host without an address is the end of it", "[dissect][dns]") {
    for (const std::uint16_t rcode : {std::uint16_t{0}, name_error, server_failure, refused}) {
        DnsScript script = with_service();
        no_addresses_of(script, host, rcode);
        CHECK(script.said() == Said{no_address});
    }
    DnsScript script = with_service();
    no_addresses_of(script, host, name_error);
    const auto finding = script.documents().at(0).at("findings").as_array().at(0).as_object();
    CHECK(finding.at("inner_code").as_string() == "0x800706BA");
    CHECK(finding.at("stage").as_string() == "dns");
    CHECK(finding.at("packets").as_array() == boost::json::array{3, 4, 5, 6});
}

TEST_CASE("dns search: a host with a blank in its name, which its text escapes, is followed as others are",
          "[dissect][dns]") {
    const std::string name = "kms .corp.test";
    DnsScript script = with_service({srv_record(service, name)});
    no_addresses_of(script, name, name_error);
    CHECK(script.said() == Said{no_address});
}

TEST_CASE("dns search: a conversation that never began is told as one block, with the whole chain", "[dissect][dns]") {
    DnsScript script = with_service();
    no_addresses_of(script, host, name_error);
    const auto packets = script.packets();
    const std::string text = decode_text(views_of(packets));
    CHECK_THAT(text, Catch::Contains("DNS SRV _vlmcs._tcp.corp.test\n"
                                     "  192.0.2.77 asks, 2025-11-24T16:00:00.000000Z, in "));
    CHECK_THAT(text, Catch::Contains("\n"
                                     "  192.0.2.53 over UDP: NOERROR after 1 ms (packets 1, 2)\n"
                                     "    kms.corp.test:1688, priority 0, weight 0, TTL 3600 s\n"
                                     "  A kms.corp.test at 192.0.2.53 over UDP: NXDOMAIN after 1 ms (packets 3, 4)\n"
                                     "  AAAA kms.corp.test at 192.0.2.53 over UDP: NXDOMAIN after 1 ms (packets 5, 6)\n"
                                     "  critical KMS-SRV-TARGET-NO-ADDRESS\n"
                                     "           the published host kms.corp.test of corp.test has no address\n"));
}

TEST_CASE("dns search: an address that nobody was asked for is not missing", "[dissect][dns]") {
    CHECK(with_service().said().empty());
    DnsScript beside;
    beside.ask({});
    beside.answer({.answers = {srv_record(service, host)}, .additionals = {address_record(host, "192.0.2.10")}});
    beside.lookup(question_of(host, type_aaaa), {});
    CHECK(beside.said().empty());
    DnsScript found = with_service();
    found.lookup(question_of(host, type_a), {address_record(host, "192.0.2.10")})
        .lookup(question_of(host, type_aaaa), {}, name_error);
    CHECK(found.said().empty());
}

TEST_CASE("dns search: an address query without an answer counts when it had its time", "[dissect][dns]") {
    DnsScript script = with_service();
    script.ask(question_of(host, type_a));
    CHECK(script.said() == Said{no_address});
    script.capture_goes_on = false;
    CHECK(script.said().empty());
}

TEST_CASE("dns search: a host without an address beside one that has some is a warning", "[dissect][dns]") {
    DnsScript script = with_service({srv_record(service, host), srv_record(service, other_host)});
    script.lookup(question_of(host, type_a), {address_record(host, "192.0.2.10")});
    no_addresses_of(script, other_host, name_error);
    CHECK(script.said() == Said{"KMS-SRV-TARGET-DEAD"});
}

TEST_CASE("dns search: what is wrong with the records is said by the rules of kms-srv", "[dissect][dns]") {
    CHECK(with_service({srv_record(service, host, 0)}).said() == Said{"KMS-SRV-PORT-ZERO, 0xC004F074"});
    CHECK(with_service({srv_record(service, host, 1699)}).said() == Said{"KMS-SRV-PORT"});
    CHECK(with_service({srv_record(service, host, 1688, 0)}).said() == Said{"KMS-SRV-TTL"});
    CHECK(with_service({srv_record(service, host), srv_record(service, "KMS.corp.test", 1689)}).said() ==
          Said{"KMS-SRV-DUPLICATE", "KMS-SRV-PORT"});
    DnsScript literal = with_service({srv_record(service, "192.0.2.10")});
    no_addresses_of(literal, "192.0.2.10", name_error);
    CHECK(literal.said() == Said{"KMS-SRV-TARGET-LITERAL, 0xC004F074", "KMS-SRV-TARGET-OUTSIDE"});
    DnsScript alias = with_service();
    alias.lookup(question_of(host, type_a),
                 {alias_record(host, "real.corp.test"), address_record("real.corp.test", "192.0.2.10")});
    CHECK(alias.said() == Said{"KMS-SRV-TARGET-ALIAS"});
}

TEST_CASE("dns search: a client that is served was not kept from it by its records", "[dissect][dns]") {
    DnsScript script = with_service({srv_record(service, host, 1688, 0)});
    script.lookup(question_of(host, type_a), {address_record(host, "192.0.2.10")});
    script.add(activation(script));
    CHECK(script.said().empty());
    DnsScript by_cache = with_service();
    no_addresses_of(by_cache, host, name_error);
    by_cache.add(activation(by_cache));
    CHECK(by_cache.said().empty());
}

TEST_CASE("dns search: the port that the record names is the KMS port of that host", "[dissect][dns]") {
    DnsScript script = with_service({srv_record(service, host, 1690)});
    script.lookup(question_of(host, type_a), {address_record(host, "192.0.2.10")});
    TcpScript tcp{
        {.client = endpoint("192.0.2.77", 49'701), .host = endpoint("192.0.2.10", 1690), .start = script.now()}};
    tcp.syn().rst(Side::host);
    DnsScript unnamed;
    unnamed.add(tcp.packets);
    CHECK(unnamed.said().empty());
    script.add(tcp.packets);
    CHECK(script.said() == Said{"KMS-SRV-PORT", "KMS-CONNECT-REFUSED, 0xC004F074"});
}

TEST_CASE("dns search: what comes besides the answer is none, and is told", "[dissect][dns]") {
    const DnsMessage good{.answers = {srv_record(service, host)}};
    const auto evidence_of = [](const DnsScript& script) {
        REQUIRE(script.said() == Said{"KMS-DNS-NO-ANSWER, 0x8007232A"});
        const auto document = script.documents().at(0);
        const auto& lines = document.at("findings").as_array().at(0).at("evidence").as_array();
        return std::string{lines.at(1).as_string()};
    };
    DnsScript other_id;
    other_id.ask({}).answer({.id = 2, .answers = good.answers});
    CHECK(evidence_of(other_id) == "packet 2: an answer with another id");
    DnsScript other_question;
    other_question.ask({}).answer({.name = "_vlmcs._tcp.other.test", .answers = good.answers});
    CHECK(evidence_of(other_question) == "packet 2: an answer to another question");
    DnsScript other_server;
    other_server.ask({});
    other_server.server.ip = ip("192.0.2.99");
    other_server.answer(good);
    CHECK(evidence_of(other_server) == "packet 2: an answer from a server that was not asked");
    DnsScript answered;
    answered.ask({}).answer({.id = 2, .answers = good.answers}).answer(good);
    CHECK(answered.said().empty());
}

TEST_CASE("dns search: of two names for one address the conversation has the one that the client asked for",
          "[dissect][dns]") {
    DnsScript script = with_service({srv_record(service, other_host)});
    script.lookup(question_of(other_host, type_a), {address_record(other_host, "192.0.2.10")});
    script.client.ip = ip("192.0.2.78");
    script.lookup({}, {srv_record(service, host)})
        .lookup(question_of(host, type_a), {address_record(host, "192.0.2.10")});
    ConversationOptions options{.client = endpoint("192.0.2.78", 49'701), .start = script.now()};
    script.add(conversation(options));
    const auto packets = script.packets();
    CHECK_THAT(decode_text(views_of(packets)),
               Catch::Contains("192.0.2.78:49701 -> 192.0.2.10:1688 (kms.corp.test)\n"));
}

TEST_CASE("dns search: the text has names as DNS writes them, with one backslash", "[dissect][dns]") {
    const std::string name = "kms .corp.test";
    DnsScript script = with_service({srv_record(service, name)});
    script.lookup(question_of(name, type_a), {address_record(name, "192.0.2.10")});
    script.add(activation(script));
    const auto packets = script.packets();
    const std::string text = decode_text(views_of(packets));
    CHECK_THAT(text, Catch::Contains("    kms\\032.corp.test:1688, priority 0"));
    CHECK_THAT(text, Catch::Contains("  A kms\\032.corp.test at "));
    CHECK_THAT(text, Catch::Contains("connects to kms\\032.corp.test, "));
    CHECK_THAT(text, Catch::Contains("192.0.2.10:1688 (kms\\032.corp.test)\n"));
    CHECK_THAT(text, Catch::Contains("kms\\032.corp.test =\n    192.0.2.10 (packets 3, 4)"));
    CHECK_THAT(text, !Catch::Contains("\\\\"));
}

TEST_CASE("dns search: a record of another class is named with its class, as its data stays unread", "[dissect][dns]") {
    constexpr std::uint8_t chaos = 3;
    ByteVector record = srv_record(service, host);
    record.at(dns_name(service).size() + 3) = chaos;
    DnsScript script = with_service({record});
    const auto packets = script.packets();
    CHECK_THAT(decode_text(views_of(packets)), Catch::Contains("\n    SRV of class CH\n"));
}

TEST_CASE("dns search: a selection that leaves out the only search says so", "[dissect][dns]") {
    DnsScript script;
    script.lookup({}, {}, name_error);
    const auto packets = script.packets();
    const std::string text =
        decode_text(views_of(packets), {.selection = {.clients = {*decode::parse_end_filter("10.0.0.1")}}});
    CHECK_THAT(text, Catch::EndsWith("No conversation matches the selection (1 DNS search in the capture).\n"));
    CHECK_THAT(decode_text(views_of(packets), {.selection = {.hosts = {*decode::parse_end_filter("10.0.0.1")}}}),
               Catch::EndsWith("No conversation matches the selection (1 DNS search in the capture).\n"));
}

TEST_CASE("dns search: clients that give all their questions one id are understood", "[dissect][dns]") {
    DnsScript script = with_service();
    script.ask(question_of(host, type_a, 0)).ask(question_of(host, type_aaaa, 0));
    DnsMessage v6 = question_of(host, type_aaaa, 0), v4 = question_of(host, type_a, 0);
    v4.answers = {address_record(host, "192.0.2.10")};
    script.answer(v6).answer(v4);
    CHECK(script.said().empty());
    const auto document = script.documents().at(0);
    for (const auto& lookup : document.at("address_lookups").as_array())
        CHECK(lookup.at("end").as_string() == "answered");
}

TEST_CASE("dns search: names that are nearly right are nobody's failure, and found they are the cause",
          "[dissect][dns]") {
    const std::string typed = "_vmlcs._tcp.corp.test";
    DnsScript alone;
    alone.lookup(question_of(typed, 33), {}, name_error);
    CHECK(alone.documents().empty());
    DnsScript in_vain;
    in_vain.lookup({}, {}, name_error).lookup(question_of(typed, 33), {}, name_error);
    CHECK(in_vain.said() == Said{"KMS-DNS-NO-RECORD, 0x8007232B"});
    DnsScript found;
    found.lookup({}, {}, name_error).lookup(question_of(typed, 33), {srv_record(typed, host)});
    CHECK(found.said() == Said{"KMS-SRV-NEAR-MISS, 0x8007232B"});
}

TEST_CASE("dns search: what servers ask one another is no search of a client", "[dissect][dns]") {
    DnsScript script;
    script.lookup({.flags = dns_flags::iterative_query}, {}, refused);
    CHECK(script.documents().empty());
}

TEST_CASE("dns search: one server that fails beside one that answers is skipped", "[dissect][dns]") {
    for (const bool is_silent : {true, false}) {
        DnsScript script;
        script.ask({});
        if (!is_silent) script.answer({}, refused);
        script.server.ip = ip("192.0.2.54");
        script.lookup({.id = 2}, {srv_record(service, host)});
        CHECK(script.said() == Said{"KMS-DNS-SERVER-SKIPPED"});
        // Asked together, and the answer of the first is still to come.
        script.capture_goes_on = false;
        CHECK(script.said() == (is_silent ? Said{} : Said{"KMS-DNS-SERVER-SKIPPED"}));
    }
}

TEST_CASE("dns search: a suffix for which DNS fails before the next one has the record is told", "[dissect][dns]") {
    const std::string old_service = "_vlmcs._tcp.old.test";
    const Said failed{"KMS-DNS-SUFFIX-FAILED"};
    const auto said = [&](std::uint16_t rcode, bool is_first, bool is_served) {
        DnsScript script;
        const DnsMessage question{.id = 9, .name = old_service};
        if (is_first) script.lookup(question, {}, rcode);
        script.lookup({}, {srv_record(service, host)});
        if (!is_first) script.lookup(question, {}, rcode);
        script.lookup(question_of(host, type_a), {address_record(host, "192.0.2.10")});
        if (is_served) script.add(activation(script));
        return script.said();
    };
    for (const bool is_served : {false, true}) {
        CHECK(said(server_failure, true, is_served) == failed);
        CHECK(said(refused, true, is_served) == failed);
        // Without a record a client goes on at once, and behind the good one nobody waits for the others.
        CHECK(said(name_error, true, is_served).empty());
        CHECK(said(server_failure, false, is_served).empty());
    }
}

TEST_CASE("dns search: suffixes that are asked at once are not passed over for one another", "[dissect][dns]") {
    const DnsMessage question{.id = 9, .name = "_vlmcs._tcp.old.test"};
    DnsScript script;
    script.ask(question).ask({}).answer({.answers = {srv_record(service, host)}}).answer(question, server_failure);
    CHECK(script.said().empty());
    DnsScript silent;  // nobody goes on after a millisecond because of silence
    silent.ask(question).lookup({}, {srv_record(service, host)});
    CHECK(silent.said().empty());
    DnsScript patient;
    patient.ask(question).wait(2'000'000'000).lookup({}, {srv_record(service, host)});
    CHECK(patient.said() == Said{"KMS-DNS-SUFFIX-FAILED"});
    patient.capture_goes_on = false;  // the answer may be still to come
    CHECK(patient.said().empty());
}

TEST_CASE("dns search: a truncated answer for a suffix is no failure where TCP was not captured", "[dissect][dns]") {
    DnsScript script;
    const DnsMessage question{.id = 9, .name = "_vlmcs._tcp.old.test"};
    DnsMessage answer = question;
    answer.flags = dns_flags::truncated_answer;
    script.ask(question)
        .datagram(script.server, script.client, to_bytes(answer))
        .lookup({}, {srv_record(service, host)});
    CHECK(script.said().empty());
}

TEST_CASE("dns search: a failed suffix is none of a client that found a host long after", "[dissect][dns]") {
    DnsScript script;
    script.lookup({.id = 9, .name = "_vlmcs._tcp.old.test"}, {}, server_failure);
    script.wait(200'000'000'000);
    script.lookup({}, {srv_record(service, host)});
    CHECK(script.said() == Said{"KMS-DNS-SERVER-FAILURE, 0x8007232A"});
}

TEST_CASE("dns search: servers that say different things are told", "[dissect][dns]") {
    DnsScript script = with_service();
    script.server.ip = ip("192.0.2.54");
    script.lookup({.id = 2}, {srv_record(service, other_host)});
    CHECK(script.said() == Said{"KMS-DNS-SERVERS-DIFFER"});
    DnsScript same = with_service();
    same.server.ip = ip("192.0.2.54");
    same.lookup({.id = 2}, {srv_record(service, "KMS.corp.test")});
    CHECK(same.said().empty());
}

TEST_CASE("dns search: a server that answers only when it is asked again was still the first", "[dissect][dns]") {
    DnsScript script;
    const Endpoint first = script.server;
    script.ask({.id = 1});
    script.server.ip = ip("192.0.2.54");
    script.lookup({.id = 2}, {}, name_error);
    script.server = first;
    script.lookup({.id = 3}, {srv_record(service, host)});
    const auto document = script.documents().at(0);
    CHECK(document.at("server").at("ip").as_string() == "192.0.2.53");
    CHECK(document.at("rcode").as_string() == "NOERROR");
    CHECK(script.said() == Said{"KMS-DNS-SERVERS-DIFFER"});
}

TEST_CASE("dns search: asked again after the answer it is another search", "[dissect][dns]") {
    DnsScript script;
    script.lookup({}, {}, name_error).lookup({.id = 2}, {}, server_failure);
    CHECK(script.said() == Said{"KMS-DNS-NO-RECORD, 0x8007232B", "KMS-DNS-SERVER-FAILURE, 0x8007232A"});
}

TEST_CASE("dns search: an ICMP error is as good as a long silence", "[dissect][dns]") {
    DnsScript script;
    script.capture_goes_on = false;
    script.ask({});
    CHECK(script.said() == Said{"KMS-CAPTURE-ENDS"});
    script.unreachable(ip("192.0.2.53"));
    CHECK(script.said() == Said{"KMS-DNS-NO-ANSWER, 0x8007232A"});
    CHECK(script.documents().at(0).at("lookups").as_array().at(0).at("end").as_string() == "unreachable");
}

TEST_CASE("dns search: IPv6 is read as IPv4 is, in fragments too", "[dissect][dns]") {
    DnsScript script;
    script.client = endpoint("2001:db8:1::77", 50'001);
    script.server = endpoint("2001:db8:1::53", 53);
    script.ask({});
    DnsMessage large{.flags = dns_flags::answer};
    for (unsigned i = 0; i < 60; ++i)
        large.answers.push_back(srv_record(service, "kms" + std::to_string(i) + ".corp.test"));
    const ByteVector datagram = udp_datagram(script.server, script.client, to_bytes(large));
    std::vector<TestPacket> packets;
    for (const auto& fragment : ip_fragments(script.server.ip, script.client.ip, 17, datagram, 9, 1232))
        packets.push_back({script.now(), ethernet_ip(fragment)});
    REQUIRE(packets.size() > 1);
    script.add(packets);
    CHECK(script.said().empty());
    CHECK(script.documents().at(0).at("answers").as_array().size() == 60);
    script.lookup(question_of("kms0.corp.test", type_a), {}, name_error);
    CHECK(script.said() == Said{"KMS-SRV-TARGET-DEAD"});
}

TEST_CASE("dns search: an answer that cannot be read is the server's failure", "[dissect][dns]") {
    const ByteVector loop = bytes({0xC0, 39});  // a record whose name is a pointer to itself, behind 12 + 23 + 4 bytes
    const DnsMessage looping{.flags = dns_flags::answer, .answers = {loop}};
    REQUIRE(to_bytes(looping).size() == 41);
    DnsScript script;
    script.ask({}).answer(looping);
    CHECK(script.said() == Said{"KMS-DNS-SERVER-FAILURE, 0x8007232A"});
    ByteVector counts = to_bytes({.flags = dns_flags::answer});
    counts[6] = counts[7] = counts[10] = counts[11] = 0xFF;
    DnsScript huge;
    huge.ask({}).datagram(huge.server, huge.client, counts);
    CHECK(huge.said() == Said{"KMS-DNS-SERVER-FAILURE, 0x8007232A"});
}

// What one client may leave open, and what all together may.
TEST_CASE("dns search: twenty thousand searches are each told once, and most before the end",
          "[dissect][dns][limits]") {
    constexpr unsigned search_count = 20'000;
    struct Count : dissect::Sink {
        unsigned told = 0;
        std::size_t largest = 0;
        void on_conversation(const dissect::Conversation&) override {}
        void on_dns(const dissect::DnsSearch& search) override {
            ++told;
            largest = std::max({largest, search.lookups.size(), search.address_lookups.size(), search.probes.size()});
        }
    } sink;
    kms::Codec codec{kms::lab_profile()};
    dissect::Tracker tracker{{}, codec, sink};
    const Endpoint client = endpoint("192.0.2.77", 50'001), server = endpoint("192.0.2.53", 53);
    std::uint64_t number = 0;
    const auto feed = [&](const DnsMessage& message) {
        const ByteVector frame =
            ethernet_ip(ip_packet(client.ip, server.ip, 17, udp_datagram(client, server, to_bytes(message))));
        tracker.on_packet(view_of(frame, LinkType::ethernet, ++number, {static_cast<std::int64_t>(number) * 1000}));
    };
    for (unsigned i = 0; i < search_count; ++i) feed({.name = "_vlmcs._tcp.d" + std::to_string(i) + ".test"});
    CHECK(sink.told >= search_count - dissect::DnsSearches::max_count);
    for (unsigned i = 0; i < 1000; ++i)
        feed({.id = static_cast<std::uint16_t>(i),
              .name = "_vlmcs._tcp.d" + std::to_string(search_count - 1) + ".test"});
    tracker.finish();
    CHECK(sink.told == search_count);
    CHECK(sink.largest == dissect::DnsSearches::max_lookups);
}

TEST_CASE("dns search: a search is told two minutes after its last packet", "[dissect][dns]") {
    DnsScript script;
    script.lookup({}, {}, name_error);
    const auto packets = script.packets();
    decode::Settings settings{.detail = decode::Detail::json};
    kms::Codec codec{kms::lab_profile()};
    std::string out;
    decode::Decoder decoder{settings, codec, [&](std::string_view text) {
                                out += text;
                                return true;
                            }};
    decoder.begin_capture("live");
    for (const PacketView& packet : views_of(packets)) decoder.on_packet(packet);
    decoder.flush();
    CHECK(out.empty());
    decoder.on_time({packets.front().time.ns + 130'000'000'000});
    decoder.flush();
    CHECK_THAT(out, Catch::Contains("KMS-DNS-NO-RECORD"));
}

TEST_CASE("dns search: every beginning of a capture gives no more than a capture that ends", "[dissect][dns]") {
    DnsScript script = with_service();
    script.lookup(question_of(host, type_a), {address_record(host, "192.0.2.10")});
    script.add(activation(script));
    script.capture_goes_on = false;
    const auto packets = script.packets();
    const auto views = views_of(packets);
    for (std::size_t count = 0; count <= views.size(); ++count) {
        for (const auto& document : decode_json({views.begin(), views.begin() + static_cast<std::ptrdiff_t>(count)}))
            for (const auto& finding : document.at("findings").as_array())
                CHECK(finding.at("id").as_string() == "KMS-CAPTURE-ENDS");
    }
}

}  // namespace
}  // namespace diag::test
