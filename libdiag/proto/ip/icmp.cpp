#include "libdiag/proto/ip/icmp.h"

namespace diag::ip {
namespace {

constexpr Field<IcmpHeader> fields[] = {
    {"type", "Type", &IcmpHeader::type},
    {"code", "Code", &IcmpHeader::code},
    {"checksum", "Checksum", &IcmpHeader::checksum, Show::hex},
    {"rest", "Rest of header", &IcmpHeader::rest, Show::hex},
};

IcmpKind kind_of(IpAddress::Family family, const IcmpHeader& header) {
    if (family == IpAddress::Family::v6) {
        switch (header.type) {
            case 1: return IcmpKind::destination_unreachable;
            case 2: return IcmpKind::packet_too_big;
            case 3: return IcmpKind::time_exceeded;
            case 4: return IcmpKind::parameter_problem;
            case 137: return IcmpKind::redirect;
            default: return IcmpKind::other;
        }
    }
    switch (header.type) {
        case 3: return header.code == 4 ? IcmpKind::packet_too_big : IcmpKind::destination_unreachable;
        case 4: return IcmpKind::source_quench;
        case 5: return IcmpKind::redirect;
        case 11: return IcmpKind::time_exceeded;
        case 12: return IcmpKind::parameter_problem;
        default: return IcmpKind::other;
    }
}

/// 8 bytes of TCP or UDP are all that old routers quote (RFC 792): enough for the ports and the sequence number.
void read_transport(Reader r, QuotedPacket& quoted) {
    if (quoted.protocol != protocol::tcp && quoted.protocol != protocol::udp) return;
    Ports ports{.source = r.u16("source_port"), .destination = r.u16("destination_port")};
    if (r.failed()) return;
    quoted.ports = ports;
    const std::uint32_t sequence = r.u32("sequence");
    if (quoted.protocol == protocol::tcp && !r.failed()) quoted.tcp_sequence = sequence;
}

/// Read by itself, because some systems quote total_length and flags in host byte order or already changed.
std::optional<QuotedPacket> read_quoted_v4(Reader r) {
    const std::uint8_t version_ihl = r.u8("version_ihl");
    const std::size_t header_size = (version_ihl & 0x0fU) * 4U;
    r.skip(5, "type_of_service");
    const std::uint16_t flags_and_offset = r.u16("flags_fragment_offset");
    r.skip(1, "time_to_live");
    QuotedPacket quoted{.protocol = r.u8("protocol")};
    r.skip(2, "header_checksum");
    const auto source = r.array<4>("source");
    const auto destination = r.array<4>("destination");
    if (r.failed() || version_ihl >> 4U != 4 || header_size < 20) return std::nullopt;
    quoted.source = IpAddress::v4(source);
    quoted.destination = IpAddress::v4(destination);
    r.skip(header_size - 20, "options");
    if ((flags_and_offset & 0x1fffU) == 0) read_transport(r, quoted);
    return quoted;
}

std::optional<QuotedPacket> read_quoted_v6(Bytes bytes) {
    const auto packet = decode_ip(bytes);
    if (!packet || packet->source.family != IpAddress::Family::v6) return std::nullopt;
    QuotedPacket quoted{.source = packet->source, .destination = packet->destination, .protocol = packet->protocol};
    if (packet->fragment.offset == 0) read_transport(Reader{packet->payload, std::endian::big}, quoted);
    return quoted;
}

/// ICMPv6 redirects (RFC 4861 4.5) carry target and destination first, and the packet in an option 4.
void read_redirect_v6(Reader r, IcmpMessage& message) {
    const auto target = r.array<16>("target");
    r.skip(16, "destination");
    if (!r.failed()) message.gateway = IpAddress::v6(target);
    while (r.remaining() >= 8) {
        const std::uint8_t type = r.u8("option_type");
        const std::size_t size = r.u8("option_length") * 8U;
        if (size == 0) return;
        const Bytes content = head(r.rest(), size - 2);  // often cut by the capture
        if (type == 4 && content.size() > 6) {
            message.quoted = read_quoted_v6(content.subspan(6));
            return;
        }
        r.skip(size - 2, "option");
    }
}

}  // namespace

constinit const std::span<const Field<IcmpHeader>> icmp_fields{fields};

Decoded<IcmpMessage> decode_icmp(Bytes payload, IpAddress::Family family) {
    Reader r{payload, std::endian::big};
    IcmpMessage message;
    decode_fields(r, icmp_fields, message.header);
    if (r.failed()) return std::unexpected(r.error());
    message.kind = kind_of(family, message.header);
    const std::uint32_t rest = message.header.rest;
    const bool is_v6 = family == IpAddress::Family::v6;
    switch (message.kind) {
        case IcmpKind::other: return message;
        case IcmpKind::packet_too_big: {
            const std::uint32_t mtu = is_v6 ? rest : rest & 0xffffU;  // RFC 1191 4
            if (mtu != 0) message.mtu = mtu;
            break;
        }
        case IcmpKind::parameter_problem: message.pointer = is_v6 ? rest : rest >> 24U; break;
        case IcmpKind::redirect:
            if (is_v6) {
                read_redirect_v6(r, message);
                return message;
            }
            message.gateway = IpAddress::v4(payload.subspan(4, 4));
            break;
        default: break;
    }
    message.quoted = is_v6 ? read_quoted_v6(r.rest()) : read_quoted_v4(r);
    return message;
}

}  // namespace diag::ip
