#include "libdiag/proto/ip/ip.h"

#include "libdiag/proto/ip/tunnel.h"

namespace diag::ip {

using namespace detail;

namespace {

template <class Trace> Failure walk(const PacketView& view, IpPacket& packet, Trace& trace) {
    const std::size_t captured = view.data.size();
    Cursor c{view.data, 0, captured, std::max<std::size_t>(captured, view.original_size)};
    const EtherType type = pass_link(view.link_type, c, trace);
    if (!type) return type.error();
    if (const Failure failure = pass_network(c, *type, packet, trace)) return failure;
    take_payload(c, packet);
    if (may_be_tunnel(packet)) {
        IpPacket inner;
        if (pass_tunnel(c, packet, inner, trace)) packet = inner;
    }
    return {};
}

/// The frame that captures are full of: Ethernet without tags, IPv4 that is no fragment, TCP. False for any other, which
/// walk() then reads from the start; the tests hold the two against each other. It takes half of walk()'s time.
bool decode_usual(const PacketView& view, IpPacket& packet) {
    constexpr std::size_t at = 14;  // the IP header, behind the Ethernet header
    const Bytes frame = view.data;
    if (view.link_type != LinkType::ethernet || frame.size() < at + 20) return false;
    const std::uint8_t version_ihl = load_be<std::uint8_t>(frame, at);
    const std::size_t header_size = (version_ihl & 0x0fU) * 4U;
    const std::size_t total_length = load_be<std::uint16_t>(frame, at + 2);
    const bool is_usual = load_be<std::uint16_t>(frame, 12) == ether_type::ipv4 && version_ihl >> 4U == 4 &&
                          header_size >= 20 && at + header_size <= frame.size() && total_length >= header_size &&
                          load_be<std::uint8_t>(frame, at + 9) == protocol::tcp &&
                          (load_be<std::uint16_t>(frame, at + 6) & 0x3fffU) == 0;
    if (!is_usual) return false;
    std::memcpy(packet.source.octets.data(), frame.data() + at + 12, 4);
    std::memcpy(packet.destination.octets.data(), frame.data() + at + 16, 4);
    packet.protocol = protocol::tcp;
    packet.hop_limit = load_be<std::uint8_t>(frame, at + 8);
    packet.payload_offset = static_cast<std::uint32_t>(at + header_size);
    packet.payload_size = static_cast<std::uint32_t>(total_length - header_size);
    packet.payload = head(frame.subspan(at + header_size), packet.payload_size);
    return true;
}

Cursor cursor_of(const IpPacket& packet) { return {packet.payload, 0, packet.payload.size(), packet.payload_size}; }

}  // namespace

std::string_view to_string(NoPacket why) {
    switch (why) {
        case NoPacket::not_ip: return "not IP";
        case NoPacket::truncated: return "truncated";
        case NoPacket::malformed: return "malformed";
        case NoPacket::unsupported_link: return "unsupported link type";
    }
    return "unknown";
}

std::expected<IpPacket, NoPacket> decode_packet(const PacketView& packet) {
    std::expected<IpPacket, NoPacket> result;
    if (decode_usual(packet, *result)) [[likely]]
        return result;
    NoTrace trace;
    if (const Failure failure = walk(packet, *result, trace)) result = std::unexpected(*failure);
    return result;
}

TracedPacket trace_packet(const PacketView& packet) {
    LayerTrace trace;
    std::expected<IpPacket, NoPacket> result;
    if (const Failure failure = walk(packet, *result, trace)) result = std::unexpected(*failure);
    return {std::move(trace.layers), result};
}

std::expected<IpPacket, NoPacket> decode_ip(Bytes packet) {
    NoTrace trace;
    Cursor c{packet, 0, packet.size(), packet.size()};
    const EtherType type = version_as_ether_type(c);
    if (!type) return std::unexpected(type.error());
    IpPacket result;
    if (const Failure failure = pass_network(c, *type, result, trace)) return std::unexpected(*failure);
    take_payload(c, result);
    return result;
}

std::optional<IpPacket> enter_tunnel(const IpPacket& packet) {
    NoTrace trace;
    Cursor c = cursor_of(packet);
    IpPacket inner;
    if (packet.tunnel_depth > 0 || !may_be_tunnel(packet) || !pass_tunnel(c, packet, inner, trace)) return std::nullopt;
    return inner;
}

std::expected<IpPacket, NoPacket> skip_extension_headers(const IpPacket& packet) {
    NoTrace trace;
    Cursor c = cursor_of(packet);
    IpPacket result = packet;
    if (const Failure failure = pass_extensions(c, result, trace)) return std::unexpected(*failure);
    take_payload(c, result);
    return result;
}

}  // namespace diag::ip
