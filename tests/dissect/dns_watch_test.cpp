// Look-ups of the KMS service record, from UDP packets to what is said about them.
#include <catch2/catch.hpp>

#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"
#include "tests/support/packet_builder.h"

namespace diag::test {
namespace {

constexpr std::uint8_t nxdomain = 3;
constexpr std::string_view name = "_vlmcs._tcp.corp.example.test";

// RFC 1035 4.1.1, 4.1.2: a header and one question, of type SRV unless told.
ByteVector dns_message(std::uint16_t id, std::uint16_t flags, unsigned answer_count, std::string_view query,
                       std::uint8_t type = 33) {
    ByteVector out = bytes({static_cast<unsigned>(id >> 8), id & 0xFFU, static_cast<unsigned>(flags >> 8),
                            flags & 0xFFU, 0, 1, 0, answer_count, 0, 0, 0, 0});
    for (std::size_t at = 0; at < query.size();) {
        const std::size_t end = std::min(query.find('.', at), query.size());
        out.push_back(static_cast<std::uint8_t>(end - at));
        out.insert(out.end(), query.begin() + static_cast<std::ptrdiff_t>(at),
                   query.begin() + static_cast<std::ptrdiff_t>(end));
        at = end + 1;
    }
    return join({out, bytes({0, 0, type, 0, 1})});
}

// One SRV record for the name of the question: "0 100 1688 kms", in its domain.
ByteVector srv_record() {
    return bytes(
        {0xC0, 12, 0, 33, 0, 1, 0, 0, 0x0E, 0x10, 0, 12, 0, 0, 0, 100, 0x06, 0x98, 3, 'k', 'm', 's', 0xC0, 24});
}

// Datagrams between clients and their DNS servers, a second apart.
class LookupScript {
public:
    Endpoint client = endpoint("192.0.2.77", 50'001);
    Endpoint server = endpoint("192.0.2.53", 53);

    LookupScript& ask(std::uint16_t id, std::string_view query = name) {
        return add(client, server, dns_message(id, 0x0100, 0, query, type));
    }
    LookupScript& answer(std::uint16_t id, std::string_view query = name) {
        return add(server, client, join({dns_message(id, 0x8180, 1, query), srv_record()}));
    }
    LookupScript& answer_with(std::uint8_t rcode, std::uint16_t id, std::string_view query = name) {
        return add(server, client, dns_message(id, static_cast<std::uint16_t>(0x8180 | rcode), 0, query, type));
    }
    /// RFC 2782: the service is decidedly not available.
    LookupScript& answer_nowhere(std::uint16_t id) {
        const ByteVector record = bytes({0xC0, 12, 0, 33, 0, 1, 0, 0, 0x0E, 0x10, 0, 7, 0, 0, 0, 0, 0, 0, 0});
        return add(server, client, join({dns_message(id, 0x8180, 1, name), record}));
    }
    LookupScript& answer_without_question(std::uint8_t rcode, std::uint16_t id) {
        return add(server, client,
                   bytes({static_cast<unsigned>(id >> 8), id & 0xFFU, 0x81, 0x80U | rcode, 0, 0, 0, 0, 0, 0, 0, 0}));
    }

    bool capture_goes_on = true;  ///< for a minute, without another packet of ours
    std::uint8_t type = 33;       ///< of the questions: SRV

    std::vector<TestPacket> captured_packets() const { return capture_goes_on ? with_silence(packets_) : packets_; }

    std::vector<boost::json::object> lookups() const {
        const auto packets = captured_packets();
        return decode_json(views_of(packets));
    }
    std::string summary() const {
        const auto packets = captured_packets();
        return decode_text(views_of(packets), {.detail = decode::Detail::summary});
    }

private:
    LookupScript& add(const Endpoint& from, const Endpoint& to, const ByteVector& message) {
        const ByteVector packet = ip_packet(from.ip, to.ip, 17, udp_datagram(from, to, message));
        packets_.push_back(
            {Timestamp{1'764'000'000'000'000'000 + static_cast<std::int64_t>(packets_.size()) * 1'000'000'000},
             ethernet_ip(packet)});
        return *this;
    }
    std::vector<TestPacket> packets_;
};

// "rcode, times asked, id of its finding" of each look-up.
std::vector<std::string> said_of(const LookupScript& script) {
    std::vector<std::string> said;
    for (const auto& line : script.lookups()) {
        const auto& rcode = line.at("rcode");
        std::string text{rcode.is_null() ? "none" : rcode.as_string().c_str()};
        text += ", " + std::to_string(line.at("asked_count").as_int64());
        for (const auto& finding : line.at("findings").as_array())
            text += std::string{", "} + finding.as_object().at("id").as_string().c_str();
        said.push_back(text);
    }
    return said;
}

using Said = std::vector<std::string>;

TEST_CASE("dns: a question with its answer is no trouble", "[dissect][dns]") {
    LookupScript script;
    script.ask(1).answer(1);
    CHECK(said_of(script) == Said{"NOERROR, 1"});
}

TEST_CASE("dns: a question that nobody answers is told, with how often it was asked", "[dissect][dns]") {
    LookupScript once;
    once.ask(1);
    CHECK(said_of(once) == Said{"none, 1, KMS-DNS-NO-ANSWER"});
    CHECK_THAT(once.lookups().at(0).at("findings").at(0).at("evidence").at(0).as_string().c_str(),
               Catch::Equals("packet 1: SRV _vlmcs._tcp.corp.example.test from 192.0.2.53:53 over udp: no answer after "
                             "60000.0 ms"));
    LookupScript often;
    often.ask(1).ask(1).ask(1);
    CHECK(said_of(often) == Said{"none, 3, KMS-DNS-NO-ANSWER"});
    CHECK_THAT(often.lookups().at(0).at("findings").at(0).at("evidence").at(0).as_string().c_str(),
               Catch::EndsWith("no answer after 62000.0 ms, asked 3 times"));
}

TEST_CASE("dns: a question in the last seconds of a capture is not called unanswered", "[dissect][dns]") {
    LookupScript script;
    script.capture_goes_on = false;
    script.ask(1).ask(1);
    CHECK(said_of(script) == Said{"none, 2, KMS-CAPTURE-ENDS"});
    script.ask(1).ask(1).ask(1).ask(1);
    CHECK(said_of(script) == Said{"none, 6, KMS-DNS-NO-ANSWER"});
}

TEST_CASE("dns: an answer whose records the capture cut off is no missing record", "[dissect][dns]") {
    LookupScript script;
    script.ask(1).answer(1);
    std::vector<PacketView> cut;
    const auto packets = script.captured_packets();
    for (PacketView packet : views_of(packets)) {
        packet.data = head(packet.data, 80);
        cut.push_back(packet);
    }
    for (const auto& line : decode_json(cut)) CHECK(line.at("findings").as_array().empty());
}

TEST_CASE("dns: only a question for SRV records learns that there are none", "[dissect][dns]") {
    LookupScript address;
    address.type = 1;
    address.ask(1).answer_with(0, 1);
    CHECK(said_of(address) == Said{"NOERROR, 1"});
    LookupScript service;
    service.ask(1).answer_with(0, 1);
    CHECK(said_of(service) == Said{"NOERROR, 1, KMS-DNS-NO-RECORD"});
}

TEST_CASE("dns: no record and no such name have codes of their own", "[dissect][dns]") {
    const auto code_of = [](std::uint8_t rcode) {
        LookupScript script;
        script.ask(1).answer_with(rcode, 1);
        return script.lookups().at(0).at("findings").as_array().at(0).at("windows_code").as_string();
    };
    CHECK(code_of(0) == "0x8007251D");         // DNS_INFO_NO_RECORDS
    CHECK(code_of(nxdomain) == "0x8007232B");  // DNS_ERROR_RCODE_NAME_ERROR
}

TEST_CASE("dns: an SRV record that names '.' says that there is no service", "[dissect][dns]") {
    LookupScript script;
    script.ask(1).answer_nowhere(1);
    CHECK(said_of(script) == Said{"NOERROR, 1, KMS-DNS-NO-RECORD"});
}

TEST_CASE("dns: a refusal without the question is matched by its id", "[dissect][dns]") {
    LookupScript script;
    script.ask(1).answer_without_question(5, 1);
    CHECK(said_of(script) == Said{"REFUSED, 1, KMS-DNS-REFUSED"});
}

TEST_CASE("dns: a look-up that found nothing is no trouble of a client that a KMS host answers", "[dissect][dns]") {
    LookupScript script;
    script.ask(1).answer_with(nxdomain, 1);
    auto packets = script.captured_packets();
    for (const auto& packet : conversation({})) packets.push_back(packet);
    for (const auto& line : decode_json(views_of(packets))) CHECK(line.at("findings").as_array().empty());
}

TEST_CASE("dns: the table tells of look-ups that found no host, and only of those", "[dissect][dns]") {
    LookupScript failed;
    failed.ask(1).ask(2, "_vlmcs._tcp.other.test").answer_with(nxdomain, 2, "_vlmcs._tcp.other.test");
    CHECK_THAT(failed.summary(), Catch::Contains("2 critical findings"));
    CHECK_THAT(failed.summary(), Catch::Contains("  DNS: 2 look-ups of the service record found no host\n"));
    LookupScript found;
    found.ask(1).answer(1);
    CHECK_THAT(found.summary(), !Catch::Contains("found no host"));
    CHECK_THAT(found.summary(), Catch::EndsWith("No KMS conversation found, only DNS look-ups.\n"));
}

TEST_CASE("dns: a question repeated with another id, port and server and answered there is one look-up",
          "[dissect][dns]") {
    LookupScript script;
    script.ask(1).ask(1);
    script.client.port = 50'002;
    script.server = endpoint("192.0.2.54", 53);
    script.ask(2, "_VLMCS._tcp.Corp.example.test").answer(2, "_VLMCS._tcp.Corp.example.test");
    CHECK(said_of(script) == Said{"NOERROR, 3, KMS-DNS-SERVER-SKIPPED"});
    const auto lookup = script.lookups().at(0);
    CHECK(lookup.at("packets").as_array() == boost::json::array{3, 4});
    CHECK(lookup.at("server").at("ip").as_string() == "192.0.2.54");
}

TEST_CASE("dns: an answer without a record ends the wait for the earlier question as well", "[dissect][dns]") {
    LookupScript script;
    script.ask(1).ask(2).answer_with(nxdomain, 2);
    CHECK(said_of(script) == Said{"NXDOMAIN, 2, KMS-DNS-NO-RECORD"});
}

TEST_CASE("dns: the answer to another name or another client leaves a question unanswered", "[dissect][dns]") {
    LookupScript name_script;
    name_script.ask(1).ask(2, "_vlmcs._tcp.other.test").answer_with(nxdomain, 2, "_vlmcs._tcp.other.test");
    CHECK(said_of(name_script) == Said{"none, 1, KMS-DNS-NO-ANSWER", "NXDOMAIN, 1, KMS-DNS-NO-RECORD"});
    LookupScript client_script;
    client_script.ask(1);
    client_script.client.ip = ip("192.0.2.78");
    client_script.ask(2).answer(2);
    CHECK(said_of(client_script) == Said{"none, 1, KMS-DNS-NO-ANSWER", "NOERROR, 1"});
}

TEST_CASE("dns: an answer that comes after the question was repeated serves both", "[dissect][dns]") {
    LookupScript script;
    script.ask(1).ask(2).answer(1);
    CHECK(said_of(script) == Said{"NOERROR, 2"});
}

TEST_CASE("dns: an answer is no answer to what was asked after it", "[dissect][dns]") {
    LookupScript script;
    script.ask(1).answer_with(nxdomain, 1).ask(2);
    CHECK(said_of(script) == Said{"NXDOMAIN, 1, KMS-DNS-NO-RECORD", "none, 1, KMS-DNS-NO-ANSWER"});
}

}  // namespace
}  // namespace diag::test
