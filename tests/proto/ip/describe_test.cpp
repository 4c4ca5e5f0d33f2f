#include <catch2/catch.hpp>

#include "libdiag/proto/ip/describe.h"
#include "libdiag/proto/ip/layer.h"
#include "libdiag/proto/tcp/describe.h"
#include "tests/support/packet_builder.h"
#include "tests/support/pcap_file.h"

using namespace diag;
using namespace diag::test;

namespace {

const Node* find(const Node& parent, std::string_view key) {
    for (const Node& child : parent.children)
        if (child.key == key) return &child;
    return nullptr;
}

/// Children lie within their parent and siblings do not overlap; derived nodes (size 0) have no place.
void check_ranges(const Node& node) {
    std::size_t at = node.offset;
    for (const Node& child : node.children) {
        if (child.size == 0) continue;
        CAPTURE(node.key, child.key, child.offset, child.size);
        CHECK(child.offset >= at);
        CHECK(child.offset + child.size <= node.offset + node.size);
        at = child.offset + child.size;
        check_ranges(child);
    }
}

}  // namespace

TEST_CASE("describe: headers of a tagged IPv4 frame, with byte ranges in the frame", "[ip]") {
    const ByteVector packet = ip_packet(test::ip("192.0.2.77"), test::ip("192.0.2.10"), 6, ByteVector(20, 0),
                                        {.id = 0xa463, .options = test::bytes({1, 1, 1, 0})});
    const auto nodes = ip::describe_headers(view_of(ethernet(0x0800, packet, {42})));
    REQUIRE(nodes.size() == 3);
    CHECK(nodes[0].key == "eth");
    CHECK(find(nodes[0], "source")->value == "02:00:00:00:00:4d");
    CHECK(find(nodes[0], "type")->meaning == "802.1Q");
    CHECK(nodes[1].key == "vlan");
    CHECK(find(nodes[1], "tci")->meaning == "VLAN 42");
    CHECK(nodes[2].key == "ip");
    CHECK(nodes[2].offset == 18);
    CHECK(nodes[2].size == 24);
    CHECK(find(nodes[2], "source")->value == "192.0.2.77");
    CHECK(find(nodes[2], "source")->offset == 18 + 12);
    CHECK(find(nodes[2], "protocol")->meaning == "TCP");
    CHECK(find(nodes[2], "identification")->value == "0xa463");
    CHECK(find(nodes[2], "rest")->value == "01010100");
    for (const Node& node : nodes) check_ranges(node);
}

TEST_CASE("describe: what ends the walk is said at its place", "[ip]") {
    const auto nodes = ip::describe_headers(view_of(ethernet(0x0806, ByteVector(46, 0))));
    REQUIRE(nodes.size() == 2);
    CHECK(nodes[1].key == "no_packet");
    CHECK(nodes[1].offset == 14);
    CHECK(nodes[1].value == "not IP");
}

TEST_CASE("describe: an ICMP error with the names of its codes and the quoted packet", "[ip]") {
    const Endpoint client = endpoint("192.0.2.77", 40'000), host = endpoint("192.0.2.10", 1688);
    const ByteVector syn =
        ip_packet(client.ip, host.ip, 6, tcp_segment(client, host, {.sequence = 99, .flags = 2}, {}));
    const ByteVector frame = ethernet_ip(icmp_error(host.ip, client.ip, 3, 13, 0, syn));
    const auto packet = ip::decode_packet(view_of(frame));
    REQUIRE(packet);
    const auto message = ip::decode_icmp(packet->payload, IpAddress::Family::v4);
    REQUIRE(message);
    const Node node =
        ip::describe_icmp(*message, IpAddress::Family::v4, packet->payload_offset, packet->payload.size());
    CHECK(node.offset == 34);
    CHECK(find(node, "type")->meaning == "Destination unreachable");
    CHECK(find(node, "code")->meaning == "Communication administratively prohibited");
    const Node* quoted = find(node, "quoted");
    REQUIRE(quoted);
    CHECK(find(*quoted, "destination_port")->value == "1688");
    CHECK(find(*quoted, "sequence")->value == "99");
    check_ranges(node);
}

TEST_CASE("describe: UDP, whole and cut", "[ip]") {
    const ByteVector datagram = udp_datagram(endpoint("192.0.2.1", 1024), endpoint("192.0.2.2", 53), ByteVector(4, 1));
    const Node node = ip::describe_udp(datagram, 34);
    CHECK(node.size == 8);
    CHECK(find(node, "destination_port")->value == "53");
    CHECK(find(node, "destination_port")->offset == 36);
    CHECK(ip::describe_udp(head(datagram, 5), 34).children.empty());
}

TEST_CASE("describe: the ranges of every packet in the captures are in order and inside the frame", "[ip]") {
    for (const std::string& path : capture_paths()) {
        CAPTURE(path);
        const PcapFile file{path};
        for (const PacketView& view : file.packets()) {
            auto nodes = ip::describe_headers(view);
            const auto packet = ip::decode_packet(view);
            if (packet && packet->protocol == 6)
                nodes.push_back(tcp::describe_segment(packet->payload, packet->payload_size, packet->payload_offset));
            std::size_t at = 0;
            for (const Node& node : nodes) {
                CHECK(node.offset == at);
                at = node.offset + node.size;
                check_ranges(node);
            }
            CHECK(at <= view.data.size());
        }
    }
}
