#include "libdiag/redact/packet_rewriter.h"

#include <algorithm>

#include "libdiag/proto/ip/udp.h"
#include "libdiag/proto/tcp/segment.h"
#include "libdiag/redact/checksum_mending.h"
#include "libdiag/redact/dns_rewriter.h"
#include "libdiag/redact/header_rewriter.h"
#include "libdiag/redact/icmp_rewriter.h"
#include "libdiag/wire/load.h"

namespace diag::redact {
namespace {

using Kind = ip::Layer::Kind;
using Out = std::span<std::uint8_t>;

constexpr std::uint16_t dns_port = 53;

std::size_t checksum_offset_of(std::uint8_t protocol) {
    switch (protocol) {
        case ip::protocol::tcp: return 16;
        case ip::protocol::udp: return 6;
        default: return 2;
    }
}

/// Where the packet of an IP header ended on the wire.
std::size_t wire_end_of(const ip::Layer& layer, const PacketView& packet) {
    const std::size_t to_the_end = std::max<std::size_t>(packet.original_size, packet.data.size());
    if (layer.kind == Kind::ipv4) {
        const auto total_length = load_be<std::uint16_t>(packet.data, layer.offset + 2);
        return total_length == 0 ? to_the_end : layer.offset + total_length;
    }
    const auto payload_length = load_be<std::uint16_t>(packet.data, layer.offset + 4);
    return payload_length == 0 ? to_the_end : layer.offset + 40U + payload_length;
}

PseudoHeader pseudo_header_of(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                              const Pseudonyms& pseudonyms) {
    return {.old_source = source,
            .old_destination = destination,
            .source = pseudonyms.address(source),
            .destination = pseudonyms.address(destination),
            .protocol = protocol};
}

PseudoHeader pseudo_header_of(const ip::Layer& layer, Bytes frame, std::uint8_t protocol,
                              const Pseudonyms& pseudonyms) {
    const Bytes header = frame.subspan(layer.offset);
    if (layer.kind == Kind::ipv4)
        return pseudo_header_of(IpAddress::v4(header.subspan(12, 4)), IpAddress::v4(header.subspan(16, 4)), protocol,
                                pseudonyms);
    return pseudo_header_of(IpAddress::v6(header.subspan(8, 16)), IpAddress::v6(header.subspan(24, 16)), protocol,
                            pseudonyms);
}

/// Sums of a packet from the inside out: those of tunnels cover what they carry.
class Mending {
public:
    Mending(const ip::TracedPacket& traced, const PacketView& packet, Out out, const Pseudonyms& pseudonyms)
        : traced_{traced}, packet_{packet}, out_{out}, pseudonyms_{pseudonyms} {}

    void payload() const {
        const ip::IpPacket& inner = *traced_.packet;
        const PseudoHeader pseudo_header =
            pseudo_header_of(inner.source, inner.destination, inner.protocol, pseudonyms_);
        mend(inner.payload_offset, inner.payload_size, inner.payload.size(), checksum_offset_of(inner.protocol),
             inner.protocol == ip::protocol::icmp ? nullptr : &pseudo_header);
    }

    void headers() const {
        for (std::size_t i = traced_.layers.size(); i-- > 0;) header(i);
    }

private:
    void header(std::size_t index) const {
        const ip::Layer& layer = traced_.layers[index];
        if (layer.kind == Kind::ipv4) return mend(layer.offset, layer.size, layer.size, 10, nullptr);
        if (layer.kind != Kind::udp && layer.kind != Kind::gre) return;
        const ip::Layer* network = network_before(index);
        if (network == nullptr) return;
        std::size_t size = wire_end_of(*network, packet_) - layer.offset;
        if (layer.kind == Kind::gre) {
            const bool has_checksum = (packet_.data[layer.offset] & 0x80U) != 0;
            if (has_checksum) mend(layer.offset, size, size, 4, nullptr);
            return;
        }
        if (const auto length = load_be<std::uint16_t>(packet_.data, layer.offset + 4); length != 0)
            size = std::min<std::size_t>(size, length);
        const PseudoHeader pseudo_header = pseudo_header_of(*network, packet_.data, ip::protocol::udp, pseudonyms_);
        mend(layer.offset, size, size, 6, &pseudo_header);
    }

    const ip::Layer* network_before(std::size_t index) const {
        while (index-- > 0) {
            const ip::Layer& layer = traced_.layers[index];
            if (layer.kind == Kind::ipv4 || layer.kind == Kind::ipv6) return &layer;
        }
        return nullptr;
    }

    void mend(std::size_t offset, std::size_t size, std::size_t captured_size, std::size_t checksum_offset,
              const PseudoHeader* pseudo_header) const {
        const std::size_t captured = std::min(captured_size, packet_.data.size() - offset);
        mend_checksum({.before = packet_.data.subspan(offset, captured),
                       .after = out_.subspan(offset, captured),
                       .size = size,
                       .checksum_offset = checksum_offset},
                      pseudo_header);
    }

    const ip::TracedPacket& traced_;
    const PacketView& packet_;
    Out out_;
    const Pseudonyms& pseudonyms_;
};

}  // namespace

void PacketRewriter::copy_headers(const ip::TracedPacket& traced, Bytes frame, Out out) const {
    for (const ip::Layer& layer : traced.layers) rewrite_header(layer, frame, out, pseudonyms_);
}

std::optional<ByteVector> PacketRewriter::rewrite(const PacketView& packet) const {
    const auto traced = ip::trace_packet(packet);
    if (!traced.packet || traced.packet->fragment.is_fragment) return std::nullopt;
    const ip::IpPacket& inner = *traced.packet;
    ByteVector out(packet.data.size());
    copy_headers(traced, packet.data, out);
    if (!rewrite_payload(inner, Out{out}.subspan(inner.payload_offset, inner.payload.size()))) return std::nullopt;
    const Mending mending{traced, packet, out, pseudonyms_};
    mending.payload();
    mending.headers();
    return out;
}

std::optional<ByteVector> PacketRewriter::rewrite_fragment(const PacketView& packet, Bytes datagram) const {
    const auto traced = ip::trace_packet(packet);
    if (!traced.packet || !traced.packet->fragment.is_fragment) return std::nullopt;
    const ip::IpPacket& piece = *traced.packet;
    if (piece.fragment.offset > datagram.size()) return std::nullopt;
    ByteVector out(packet.data.size());
    copy_headers(traced, packet.data, out);
    const Bytes content = head(datagram.subspan(piece.fragment.offset), piece.payload.size());
    std::ranges::copy(content, out.begin() + piece.payload_offset);
    Mending{traced, packet, out, pseudonyms_}.headers();
    return out;
}

bool PacketRewriter::rewrite_payload(const ip::IpPacket& packet, Out out) const {
    switch (packet.protocol) {
        case ip::protocol::tcp: return rewrite_tcp(packet, out);
        case ip::protocol::udp: return rewrite_udp(packet, out);
        case ip::protocol::icmp:
        case ip::protocol::icmpv6: return rewrite_icmp(packet.payload, packet.source.family, out, pseudonyms_);
        default: return false;
    }
}

bool PacketRewriter::rewrite_tcp(const ip::IpPacket& packet, Out out) const {
    const auto segment = tcp::decode_segment(packet.payload, packet.payload_size);
    if (!segment) return false;
    std::ranges::copy(packet.payload.first(tcp::min_header_size), out.begin());
    rewrite_tcp_options(segment->options, out.subspan(tcp::min_header_size, segment->options.size()));
    if (segment->payload.empty()) return true;
    return rewrite_segment_({.source = {packet.source, segment->source_port},
                             .destination = {packet.destination, segment->destination_port},
                             .sequence = segment->sequence + (segment->has(tcp::flag::syn) ? 1U : 0U)},
                            segment->payload, out.last(segment->payload.size()));
}

bool PacketRewriter::rewrite_udp(const ip::IpPacket& packet, Out out) const {
    const auto datagram = ip::decode_udp(packet.payload, packet.payload_size);
    if (!datagram) return false;
    const auto& header = datagram->header;
    if (header.source_port != dns_port && header.destination_port != dns_port) return false;
    std::ranges::copy(packet.payload.first(ip::udp_header_size), out.begin());
    const Bytes message = datagram->payload;
    const bool is_cut = packet.payload.size() < packet.payload_size;
    rewrite_dns(message, out.subspan(ip::udp_header_size, message.size()), pseudonyms_, is_cut);
    return true;
}

}  // namespace diag::redact
