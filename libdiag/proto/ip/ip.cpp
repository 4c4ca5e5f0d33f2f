#include "libdiag/proto/ip/ip.h"

#include "libdiag/proto/ip/tunnel.h"

namespace diag::ip {

using namespace detail;

namespace {

template <class Trace>
std::expected<IpPacket, NoPacket> walk(const PacketView& view, Trace& trace) {
    const std::size_t captured = view.data.size();
    Cursor c{view.data, 0, captured, std::max<std::size_t>(captured, view.original_size)};
    const EtherType type = pass_link(view.link_type, c, trace);
    if (!type) return std::unexpected(type.error());

    std::expected<IpPacket, NoPacket> result;
    if (const Failure failure = pass_network(c, *type, *result, trace)) {
        result = std::unexpected(*failure);
        return result;
    }
    take_payload(c, *result);
    if (may_be_tunnel(*result)) {
        IpPacket inner;
        if (pass_tunnel(c, *result, inner, trace)) *result = inner;
    }
    return result;
}

Cursor cursor_of(const IpPacket& packet) {
    return {packet.payload, 0, packet.payload.size(), packet.payload_size};
}

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
    NoTrace trace;
    return walk(packet, trace);
}

TracedPacket trace_packet(const PacketView& packet) {
    LayerTrace trace;
    auto result = walk(packet, trace);
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
