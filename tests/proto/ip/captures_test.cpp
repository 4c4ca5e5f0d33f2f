#include <catch2/catch.hpp>

#include <set>

#include <boost/json.hpp>

#include "libdiag/proto/ip/icmp.h"
#include "libdiag/proto/ip/layer.h"
#include "libdiag/proto/tcp/segment.h"
#include "tests/support/pcap_file.h"

using namespace diag;
using namespace diag::test;

namespace {

using Flow = std::pair<std::string, std::string>;  // client, host

boost::json::value expectation_of(const std::string& capture_path) {
    const std::string stem = capture_path.substr(0, capture_path.rfind('.'));
    return boost::json::parse(read_text(stem + ".expected.json"));
}

std::string endpoint_text(const boost::json::value& end) {
    const auto address = IpAddress::parse(std::string_view{end.at("ip").as_string()});
    REQUIRE(address);
    return to_string(Endpoint{*address, end.at("port").to_number<std::uint16_t>()});
}

std::set<Flow> expected_flows(const boost::json::value& expectation) {
    std::set<Flow> out;
    for (const auto& c : expectation.at("connections").as_array())
        out.emplace(endpoint_text(c.at("client")), endpoint_text(c.at("host")));
    return out;
}

/// How many SYN packets without ACK the expectation counts.
std::size_t expected_syn_count(const boost::json::value& expectation) {
    std::size_t count = 0;
    for (const auto& c : expectation.at("connections").as_array())
        count += c.at("tcp").at("syn_count").to_number<std::size_t>();
    return count;
}

struct Seen {
    std::set<Flow> flows;  // client, host of each SYN
    std::set<Flow> pairs;  // source, destination of each segment
    std::size_t syn_count = 0;
};

Seen see(const PcapFile& file) {
    Seen seen;
    for (const PacketView& view : file.packets()) {
        const auto packet = ip::decode_packet(view);
        CAPTURE(view.number);
        REQUIRE(packet);
        if (packet->protocol != ip::protocol::tcp) continue;
        const auto segment = tcp::decode_segment(packet->payload, packet->payload_size);
        REQUIRE(segment);
        const Flow flow{to_string(Endpoint{packet->source, segment->source_port}),
                        to_string(Endpoint{packet->destination, segment->destination_port})};
        seen.pairs.insert(flow);
        if (!segment->has(tcp::flag::syn) || segment->has(tcp::flag::ack)) continue;
        seen.flows.insert(flow);
        ++seen.syn_count;
    }
    return seen;
}

}  // namespace

TEST_CASE("captures: every packet decodes, SYNs and endpoints are those of the expectation", "[ip][tcp]") {
    for (const std::string& path : capture_paths()) {
        CAPTURE(path);
        const PcapFile file{path};
        const auto expectation = expectation_of(path);
        CHECK(file.packets().size() == expectation.at("packets").to_number<std::size_t>());
        const Seen seen = see(file);
        const auto expected = expected_flows(expectation);
        CHECK(seen.syn_count == expected_syn_count(expectation));
        for (const Flow& flow : expected) {
            const Flow back{flow.second, flow.first};
            CAPTURE(flow.first, flow.second);
            CHECK((seen.pairs.contains(flow) || seen.pairs.contains(back)));
        }
        for (const Flow& flow : seen.pairs) {
            const Flow back{flow.second, flow.first};
            CAPTURE(flow.first, flow.second);
            CHECK((expected.contains(flow) || expected.contains(back)));
        }
        for (const Flow& flow : seen.flows) CHECK(expected.contains(flow));
    }
}

TEST_CASE("captures: the fast path and the recorded walk agree on every packet", "[ip]") {
    for (const std::string& path : capture_paths()) {
        const PcapFile file{path};
        for (PacketView view : file.packets()) {
            const Bytes whole = view.data;
            for (std::size_t n = 0; n <= whole.size(); n += n < 80 ? 1 : 97) {
                view.data = whole.first(n);
                const auto fast = ip::decode_packet(view);
                const auto traced = ip::trace_packet(view).packet;
                REQUIRE(fast.has_value() == traced.has_value());
                if (!fast) {
                    REQUIRE(fast.error() == traced.error());
                    continue;
                }
                REQUIRE(fast->source == traced->source);
                REQUIRE(fast->destination == traced->destination);
                REQUIRE(fast->protocol == traced->protocol);
                REQUIRE(fast->hop_limit == traced->hop_limit);
                REQUIRE(fast->payload_offset == traced->payload_offset);
                REQUIRE(fast->payload_size == traced->payload_size);
                REQUIRE(fast->payload.size() == traced->payload.size());
                REQUIRE(fast->fragment == traced->fragment);
            }
        }
    }
}

TEST_CASE("captures: the ICMP rejection names the connection that it ended", "[ip]") {
    const PcapFile file{DIAG_SOURCE_DIR "/captures/rejected-icmp-port.pcap"};
    std::size_t count = 0;
    for (const PacketView& view : file.packets()) {
        const auto packet = ip::decode_packet(view);
        REQUIRE(packet);
        if (packet->protocol != ip::protocol::icmp) continue;
        ++count;
        const auto message = ip::decode_icmp(packet->payload, packet->source.family);
        REQUIRE(message);
        CHECK(ip::icmp_code_name(packet->source.family, message->header.type, message->header.code) ==
              "Port unreachable");
        REQUIRE(message->quoted);
        CHECK(message->quoted->ports == ip::Ports{34'848, 1688});
        CHECK(to_string(message->quoted->destination) == "192.0.2.10");
    }
    CHECK(count == 2);
}
