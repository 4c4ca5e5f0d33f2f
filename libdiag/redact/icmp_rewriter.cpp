#include "libdiag/redact/icmp_rewriter.h"

#include <algorithm>

#include "libdiag/proto/ip/icmp.h"
#include "libdiag/proto/ip/layer.h"
#include "libdiag/proto/ip/udp.h"
#include "libdiag/proto/tcp/segment.h"
#include "libdiag/redact/checksum_mending.h"
#include "libdiag/redact/header_rewriter.h"
#include "libdiag/wire/load.h"

namespace diag::redact {
namespace {

using Out = std::span<std::uint8_t>;

constexpr std::size_t icmp_header_size = 8;

void copy(Bytes from, std::size_t offset, std::size_t size, Out out) {
    if (offset >= from.size()) return;
    std::ranges::copy(head(from.subspan(offset), size), out.begin() + static_cast<std::ptrdiff_t>(offset));
}

/// The part of the header that depends on the type. In the others lengths of extensions stand, which are left out.
void copy_rest(const ip::IcmpMessage& message, Bytes payload, IpAddress::Family family, Out out) {
    const bool is_v6 = family == IpAddress::Family::v6;
    if (message.kind == ip::IcmpKind::packet_too_big)
        return is_v6 ? copy(payload, 4, 4, out) : copy(payload, 6, 2, out);
    if (message.kind == ip::IcmpKind::parameter_problem) copy(payload, 4, is_v6 ? 4 : 1, out);
}

/// The fields in front of the data of a quoted packet, of which there may be no more than 8 bytes.
void copy_transport(std::uint8_t protocol, Bytes quoted, Out out) {
    if (protocol == ip::protocol::tcp) {
        copy(quoted, 0, 16, out);
        copy(quoted, 18, 2, out);
    } else if (protocol == ip::protocol::udp) {
        copy(quoted, 0, 6, out);
    }
}

/// The checksum of a quoted segment of `size` bytes, where the quotation has it.
void mend_transport(const ip::QuotedPacket& packet, Bytes quoted, Out out, std::size_t size,
                    const Pseudonyms& pseudonyms) {
    if (packet.protocol != ip::protocol::tcp && packet.protocol != ip::protocol::udp) return;
    const PseudoHeader addresses{.old_source = packet.source,
                                 .old_destination = packet.destination,
                                 .source = pseudonyms.address(packet.source),
                                 .destination = pseudonyms.address(packet.destination),
                                 .protocol = packet.protocol};
    const std::size_t checksum_offset = packet.protocol == ip::protocol::tcp ? 16 : 6;
    // What follows the packet in the message is none of it.
    const std::size_t captured = std::min(size, quoted.size());
    mend_checksum({.before = quoted.first(captured),
                   .after = out.first(captured),
                   .size = size,
                   .checksum_offset = checksum_offset},
                  &addresses);
}

/// Permissive, as decode_icmp() is: lengths and flags may stand in another byte order.
bool quote_v4(Bytes quoted, const ip::QuotedPacket& packet, Out out, const Pseudonyms& pseudonyms) {
    const std::size_t header_size = (quoted[0] & 0x0fU) * 4U;
    if (header_size > quoted.size()) return false;
    const ip::Layer layer{.kind = ip::Layer::Kind::ipv4, .offset = 0, .size = header_size};
    rewrite_header(layer, quoted, out, pseudonyms);
    // More than was captured: the old sum stays as right as it was.
    mend_checksum({.before = quoted.first(header_size),
                   .after = out.first(header_size),
                   .size = header_size + 1,
                   .checksum_offset = 10},
                  nullptr);
    const bool is_first = (load_be<std::uint16_t>(quoted, 6) & 0x1fffU) == 0;
    const std::size_t size = load_be<std::uint16_t>(quoted, 2);
    if (!is_first) return true;
    copy_transport(packet.protocol, quoted.subspan(header_size), out.subspan(header_size));
    if (size > header_size)
        mend_transport(packet, quoted.subspan(header_size), out.subspan(header_size), size - header_size, pseudonyms);
    return true;
}

bool quote_v6(Bytes quoted, const ip::QuotedPacket& quoted_packet, Out out, const Pseudonyms& pseudonyms) {
    const PacketView packet{
        .link_type = LinkType::raw_ipv6, .original_size = static_cast<std::uint32_t>(quoted.size()), .data = quoted};
    const auto traced = ip::trace_packet(packet);
    if (!traced.packet || traced.packet->tunnel_depth != 0) return false;
    for (const ip::Layer& layer : traced.layers) rewrite_header(layer, quoted, out, pseudonyms);
    const auto& inner = *traced.packet;
    if (inner.fragment.offset != 0) return true;
    const Out inner_out = out.subspan(inner.payload_offset, inner.payload.size());
    copy_transport(inner.protocol, inner.payload, inner_out);
    mend_transport(quoted_packet, inner.payload, inner_out, inner.payload_size, pseudonyms);
    return true;
}

}  // namespace

bool rewrite_icmp(Bytes payload, IpAddress::Family family, Out out, const Pseudonyms& pseudonyms) {
    const auto message = ip::decode_icmp(payload, family);
    const bool is_error = message && message->kind != ip::IcmpKind::other && message->kind != ip::IcmpKind::redirect;
    if (!is_error || !message->quoted) return false;
    copy(payload, 0, 4, out);
    copy_rest(*message, payload, family, out);
    const Bytes quoted = payload.subspan(icmp_header_size);
    const Out quoted_out = out.subspan(icmp_header_size);
    return family == IpAddress::Family::v4 ? quote_v4(quoted, *message->quoted, quoted_out, pseudonyms)
                                           : quote_v6(quoted, *message->quoted, quoted_out, pseudonyms);
}

}  // namespace diag::redact
