// Findings about a capture as a whole: each in a case that gives it, none in a healthy capture.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <set>

#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"

namespace diag::decode {
namespace {

using test::endpoint;
using test::Side;

// The ids in the line about the capture; empty when there is none.
std::set<std::string> ids_of(const std::vector<PacketView>& packets) {
    std::set<std::string> ids;
    for (const auto& line : test::decode_json(packets)) {
        if (line.at("kind").as_string() != "capture") continue;
        for (const auto& finding : line.at("findings").as_array()) {
            const auto& object = finding.as_object();
            CHECK_FALSE(object.at("evidence").as_array().empty());
            ids.emplace(object.at("id").as_string().c_str());
        }
    }
    return ids;
}

TEST_CASE("capture findings: a healthy capture has no line of its own", "[decode][findings]") {
    const auto packets = test::conversation({}, 2);
    CHECK(ids_of(test::views_of(packets)).empty());
    CHECK(ids_of({}).empty());
}

TEST_CASE("capture findings: packets of a link type that is not read are told", "[decode][findings]") {
    const auto packets = test::conversation({});
    auto views = test::views_of(packets);
    for (PacketView& view : views) view.link_type = LinkType{147};  // LINKTYPE_USER0
    CHECK(ids_of(views) == std::set<std::string>{"KMS-CAPTURE-LINK-TYPE"});
}

TEST_CASE("capture findings: a scan is told, the three hosts of an unlucky client are none", "[decode][findings]") {
    const auto attempts = [](int host_count) {
        std::vector<test::TestPacket> packets;
        for (int i = 1; i <= host_count; ++i) {
            test::TcpScript script{{.client = endpoint("192.0.2.66", static_cast<std::uint16_t>(40000 + i)),
                                    .host = endpoint("198.51.100." + std::to_string(i), 1688)}};
            script.syn().rst(Side::host);
            packets.insert(packets.end(), script.packets.begin(), script.packets.end());
        }
        return packets;
    };
    const auto scan = attempts(40);
    CHECK(ids_of(test::views_of(scan)) == std::set<std::string>{"KMS-CAPTURE-SCAN"});
    const auto unlucky = attempts(3);
    CHECK(ids_of(test::views_of(unlucky)).empty());
}

TEST_CASE("capture findings: more open connections than there is room for are told", "[decode][findings]") {
    std::vector<test::TestPacket> packets;
    for (std::uint16_t i = 0; i < 9000; ++i) {
        test::TcpScript script{
            {.client = endpoint("10.0." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250),
                                static_cast<std::uint16_t>(20000 + i)),
             .host = endpoint("192.0.2.10", 1688)}};
        packets.push_back(script.syn().packets.front());
    }
    CHECK(ids_of(test::views_of(packets)) == std::set<std::string>{"KMS-CAPTURE-LIMIT"});
}

}  // namespace
}  // namespace diag::decode
