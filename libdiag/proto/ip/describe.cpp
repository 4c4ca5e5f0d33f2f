#include "libdiag/proto/ip/describe.h"

#include "libdiag/proto/ip/headers.h"
#include "libdiag/proto/ip/layer.h"
#include "libdiag/proto/ip/udp.h"

namespace diag::ip {
namespace {

/// Adds the fields that are there; bytes behind the table (options) become one more child.
template <class T>
void add_fields(Bytes header, std::size_t offset, std::span<const Field<T>> fields, std::string_view rest_label,
                Node& node) {
    Reader r{header, std::endian::big, offset};
    T value;
    decode_fields(r, fields, value);
    if (r.failed()) return;
    const std::size_t end = describe_fields(fields, value, offset, node);
    if (r.remaining() == 0) return;
    auto rest = detail::show_bytes(r.rest(), Show::bytes);
    node.add({.key = "rest",
              .label = std::string{rest_label},
              .offset = end,
              .size = r.remaining(),
              .value = std::move(rest.value)});
}

template <class T> void set_meaning(Node& node, std::string_view key, const T& meaning) {
    for (Node& child : node.children)
        if (child.key == key) child.meaning = meaning;
}

Node describe_ipv4(Bytes header, Node node) {
    add_fields(header, node.offset, ipv4_fields, "Options", node);
    set_meaning(node, "version_ihl", std::to_string(header.size()) + " bytes");
    return node;
}

Node describe_vlan(Bytes header, Node node) {
    add_fields(header, node.offset, vlan_fields, "", node);
    const unsigned id = static_cast<unsigned>(header[0] & 0x0fU) << 8U | header[1];
    set_meaning(node, "tci", "VLAN " + std::to_string(id));
    return node;
}

Node describe_layer(const Layer& layer, Bytes frame) {
    const Bytes header = frame.subspan(layer.offset, layer.size);
    Node node{.offset = layer.offset, .size = layer.size};
    const auto named = [&](std::string_view key, std::string_view label) {
        node.key = key;
        node.label = label;
    };
    const auto fields = [&](auto table, std::string_view rest_label) {
        add_fields(header, layer.offset, table, rest_label, node);
        return std::move(node);
    };
    using Kind = Layer::Kind;
    switch (layer.kind) {
        case Kind::ethernet: return named("eth", "Ethernet"), fields(ethernet_fields, "");
        case Kind::vlan: return named("vlan", "VLAN tag"), describe_vlan(header, std::move(node));
        case Kind::snap: return named("snap", "LLC and SNAP"), fields(snap_fields, "");
        case Kind::pppoe: return named("pppoe", "PPPoE session"), fields(pppoe_fields, "");
        case Kind::mpls: return named("mpls", "MPLS label"), fields(mpls_fields, "");
        case Kind::linux_sll: return named("sll", "Linux cooked capture"), fields(sll_fields, "");
        case Kind::linux_sll2: return named("sll2", "Linux cooked capture v2"), fields(sll2_fields, "");
        case Kind::loopback: return named("null", "BSD loopback"), fields(loopback_fields, "");
        case Kind::ipv4: return named("ip", "Internet Protocol version 4"), describe_ipv4(header, std::move(node));
        case Kind::ipv6: return named("ipv6", "Internet Protocol version 6"), fields(ipv6_fields, "");
        case Kind::extension: return named("ipv6_ext", "IPv6 extension header"), fields(extension_fields, "Content");
        case Kind::fragment_header: return named("ipv6_frag", "IPv6 fragment header"), fields(fragment_fields, "");
        case Kind::authentication:
            return named("ah", "Authentication header"), fields(authentication_fields, "Content");
        case Kind::gre:
            return named("gre", "Generic routing encapsulation"), fields(gre_fields, "Checksum, key, sequence number");
        case Kind::erspan: return named("erspan", "ERSPAN"), fields(erspan_fields, "Further fields");
        case Kind::udp: return named("udp", "User Datagram Protocol"), fields(udp_fields, "");
        case Kind::vxlan: return named("vxlan", "VXLAN"), fields(vxlan_fields, "");
        case Kind::geneve: return named("geneve", "Geneve"), fields(geneve_fields, "Options");
    }
    return node;
}

Node describe_quoted(const QuotedPacket& quoted, std::size_t offset, std::size_t size) {
    Node node{.key = "quoted", .label = "Quoted packet", .offset = offset, .size = size};
    const auto add = [&](std::string_view key, std::string_view label, std::string value,
                         std::string_view meaning = "") {
        node.add({.key = std::string{key},
                  .label = std::string{label},
                  .value = std::move(value),
                  .meaning = std::string{meaning}});
    };
    add("source", "Source", to_string(quoted.source));
    add("destination", "Destination", to_string(quoted.destination));
    add("protocol", "Protocol", std::to_string(quoted.protocol), name_of(protocol_names, quoted.protocol));
    if (quoted.ports) {
        add("source_port", "Source port", std::to_string(quoted.ports->source));
        add("destination_port", "Destination port", std::to_string(quoted.ports->destination));
    }
    if (quoted.tcp_sequence) add("sequence", "Sequence number", std::to_string(*quoted.tcp_sequence));
    return node;
}

}  // namespace

std::vector<Node> describe_headers(const PacketView& packet) {
    const TracedPacket traced = trace_packet(packet);
    std::vector<Node> nodes;
    nodes.reserve(traced.layers.size() + 1);
    for (const Layer& layer : traced.layers) nodes.push_back(describe_layer(layer, packet.data));
    if (!traced.packet) {
        const std::size_t end = traced.layers.empty() ? 0 : traced.layers.back().offset + traced.layers.back().size;
        nodes.push_back({.key = "no_packet",
                         .label = "No IP packet",
                         .offset = end,
                         .value = std::string{to_string(traced.packet.error())}});
    }
    return nodes;
}

Node describe_udp(Bytes payload, std::size_t offset) {
    Node node{.key = "udp",
              .label = "User Datagram Protocol",
              .offset = offset,
              .size = head(payload, udp_header_size).size()};
    add_fields(head(payload, udp_header_size), offset, udp_fields, "", node);
    return node;
}

Node describe_icmp(const IcmpMessage& message, IpAddress::Family family, std::size_t offset, std::size_t size) {
    const bool is_v6 = family == IpAddress::Family::v6;
    Node node{.key = is_v6 ? "icmpv6" : "icmp", .label = is_v6 ? "ICMPv6" : "ICMP", .offset = offset, .size = size};
    const auto& header = message.header;
    const std::size_t end = describe_fields(icmp_fields, header, offset, node);
    set_meaning(node, "type", icmp_type_name(family, header.type));
    set_meaning(node, "code", icmp_code_name(family, header.type, header.code));
    if (message.mtu) node.add({.key = "mtu", .label = "MTU of the next hop", .value = std::to_string(*message.mtu)});
    if (message.gateway) node.add({.key = "gateway", .label = "Better gateway", .value = to_string(*message.gateway)});
    if (message.quoted) node.add(describe_quoted(*message.quoted, end, offset + size > end ? offset + size - end : 0));
    return node;
}

}  // namespace diag::ip
