#include <catch2/catch.hpp>

#include "libdiag/proto/dns/decode.h"
#include "libdiag/proto/dns/names.h"
#include "libdiag/proto/ip/ip.h"
#include "libdiag/proto/ip/udp.h"
#include "tests/support/pcap_file.h"

using namespace diag;
using namespace diag::test;

namespace {

std::string text_of(const dns::RecordData& data) {
    if (const auto* address = std::get_if<IpAddress>(&data)) return diag::to_string(*address);
    const auto* srv = std::get_if<dns::Srv>(&data);
    if (srv == nullptr) return "?";
    return std::to_string(srv->priority) + " " + std::to_string(srv->weight) + " " + std::to_string(srv->port) + " " +
           to_string(srv->target);
}

/// One line a message, as tshark prints it.
std::string line_of(const dns::Message& message) {
    std::string line = message.is_response() ? "response" : "query";
    for (const auto& question : message.questions)
        line += " " + dns::type_name(question.type) + " " + to_string(question.name);
    for (const auto* section : {&message.answers, &message.additionals})
        for (const auto& record : *section)
            if (record.type != dns::type::opt) line += " " + dns::type_name(record.type) + " " + text_of(record.data);
    return line;
}

}  // namespace

TEST_CASE("captures: the DNS lookup in front of an activation, as tshark reads it", "[dns]") {
    const std::vector<std::string> expected = {
        "query SRV _vlmcs._tcp.corp.example.test",
        "response SRV _vlmcs._tcp.corp.example.test SRV 0 100 1688 kms1.corp.example.test A 192.0.2.10",
        "query A kms1.corp.example.test",
        "query AAAA kms1.corp.example.test",
        "response A kms1.corp.example.test A 192.0.2.10",
        "response AAAA kms1.corp.example.test",
    };
    std::vector<std::string> lines;
    const PcapFile file{DIAG_SOURCE_DIR "/captures/dns-srv-then-v6.pcap"};
    for (const PacketView& view : file.packets()) {
        const auto packet = ip::decode_packet(view);
        REQUIRE(packet);
        if (packet->protocol != ip::protocol::udp) continue;
        const auto datagram = ip::decode_udp(packet->payload, packet->payload_size);
        REQUIRE(datagram);
        dns::Message message;
        CAPTURE(view.number);
        REQUIRE(dns::decode_message(datagram->payload, message));
        lines.push_back(line_of(message));
    }
    CHECK(lines == expected);
}
