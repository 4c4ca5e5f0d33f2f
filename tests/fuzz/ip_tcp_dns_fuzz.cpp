// Frames, TCP segments, ICMP messages and DNS messages from arbitrary bytes. The first byte chooses the link type; for one
// that we do not read the rest is a DNS message.

#include <cstdio>
#include <cstdlib>

#include "libdiag/proto/dns/decode.h"
#include "libdiag/proto/dns/describe.h"
#include "libdiag/proto/ip/describe.h"
#include "libdiag/proto/ip/fragments.h"
#include "libdiag/proto/ip/layer.h"
#include "libdiag/proto/ip/udp.h"
#include "libdiag/proto/tcp/describe.h"
#include "libdiag/proto/tcp/options.h"
#include "libdiag/proto/tcp/segment.h"

using namespace diag;

namespace {

/// An assert() that release builds keep.
void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

constexpr LinkType link_types[] = {LinkType::ethernet,   LinkType::raw_ip,        LinkType::linux_sll,
                                   LinkType::linux_sll2, LinkType::null_loopback, LinkType::openbsd_loopback,
                                   LinkType::raw_ipv4,   LinkType::raw_ipv6,      LinkType{105}};

void check_same(const std::expected<ip::IpPacket, ip::NoPacket>& a,
                const std::expected<ip::IpPacket, ip::NoPacket>& b) {
    require(a.has_value() == b.has_value(), "fast path and walk agree on success");
    if (!a) return require(a.error() == b.error(), "fast path and walk agree on the error");
    require(a->source == b->source && a->destination == b->destination && a->protocol == b->protocol &&
                a->hop_limit == b->hop_limit && a->payload_offset == b->payload_offset &&
                a->payload_size == b->payload_size && a->payload.size() == b->payload.size() &&
                a->tunnel_depth == b->tunnel_depth && a->fragment == b->fragment,
            "fast path and walk agree on the packet");
}

void check_dns(Bytes bytes) {
    const dns::PartialMessage partial = dns::decode_partial(bytes);
    dns::describe_message(partial, 0, bytes.size());
    dns::Message message;
    if (!dns::decode_message(bytes, message)) return;
    const auto encoded = dns::encode_message(message);
    if (!encoded) return;  // a compressed message may be too long without compression
    dns::Message again;
    require(dns::decode_message(*encoded, again).has_value() && again == message, "a DNS message survives encoding");
    for (const auto& record : message.answers) {
        const auto name = dns::DomainName::parse(to_string(record.name));
        require(name && *name == record.name, "a name survives its text form");
    }
}

void check_payload(const ip::IpPacket& packet) {
    if (packet.protocol == ip::protocol::tcp) {
        const auto segment = tcp::decode_segment(packet.payload, packet.payload_size);
        tcp::describe_segment(packet.payload, packet.payload_size, packet.payload_offset);
        if (!segment) return;
        require(segment->payload.size() <= segment->payload_size, "captured bytes are sent bytes");
        tcp::decode_options(segment->options);
    } else if (packet.protocol == ip::protocol::udp) {
        ip::describe_udp(packet.payload, packet.payload_offset);
        const auto datagram = ip::decode_udp(packet.payload, packet.payload_size);
        if (!datagram) return;
        require(datagram->payload.size() <= datagram->payload_size, "captured bytes are sent bytes");
        check_dns(datagram->payload);
    } else if (packet.protocol == ip::protocol::icmp || packet.protocol == ip::protocol::icmpv6) {
        const auto message = ip::decode_icmp(packet.payload, packet.source.family);
        if (message) ip::describe_icmp(*message, packet.source.family, packet.payload_offset, packet.payload.size());
    }
}

void check_fragments(const ip::IpPacket& packet, std::uint8_t seed, ip::FragmentTable& table) {
    if (!packet.fragment.is_fragment) return;
    ip::IpPacket piece = packet;
    for (std::uint32_t i = 0; i < 4; ++i) {
        piece.fragment.offset = (packet.fragment.offset + i * seed * 8) & 0xfff8;
        piece.fragment.more = i != 3;
        const auto whole = table.add(piece, i, {});
        if (!whole) continue;
        require(whole->packet.payload.size() <= whole->packet.payload_size, "captured bytes are sent bytes");
        check_payload(whole->packet);
    }
    require(table.memory_size() <= 16'384, "memory stays within its limit");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const Bytes frame{data + 1, size - 1};
    const PacketView view{.number = 1,
                          .link_type = link_types[data[0] % std::size(link_types)],
                          .original_size = static_cast<std::uint32_t>(size - 1),
                          .data = frame};
    const auto packet = ip::decode_packet(view);
    check_same(packet, ip::trace_packet(view).packet);
    for (const Node& node : ip::describe_headers(view))
        require(node.offset + node.size <= frame.size(), "headers lie within the frame");
    if (packet) {
        require(packet->payload.size() <= packet->payload_size, "captured bytes are sent bytes");
        require(packet->payload_offset + packet->payload.size() <= frame.size(), "the payload lies within the frame");
        check_payload(*packet);
        ip::FragmentTable table{{.memory_size = 16'384}};
        check_fragments(*packet, data[0], table);
    }
    if (packet || packet.error() != ip::NoPacket::unsupported_link) return 0;
    check_dns(frame);
    if (const auto first = dns::first_tcp_frame(frame))
        require(first->stream_size <= frame.size(), "a frame lies within its stream");
    return 0;
}
