#include "tests/support/packet_builder.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "libdiag/wire/writer.h"

namespace diag::test {
namespace {

constexpr std::uint8_t tcp = 6, udp = 17, icmp = 1, icmpv6 = 58, fragment_header = 44;
constexpr std::uint8_t fin_flag = 0x01, syn_flag = 0x02, rst_flag = 0x04, psh_flag = 0x08, ack_flag = 0x10;

Side other(Side side) { return side == Side::client ? Side::host : Side::client; }

/// The checksum of a message behind an IP header: pseudo header of RFC 9293 3.1 or RFC 8200 8.1 in front.
std::uint16_t checksum_behind_ip(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                                 Bytes message) {
    Writer w{std::endian::big};
    w.bytes(source.bytes());
    w.bytes(destination.bytes());
    w.u32(static_cast<std::uint32_t>(message.size()));
    w.u32(protocol);
    w.bytes(message);
    return internet_checksum(w.view());
}

ByteVector ipv4_packet(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, Bytes payload,
                       const IpFields& fields) {
    const std::size_t header_size = 20 + fields.options.size();
    Writer w{std::endian::big};
    w.u8(static_cast<std::uint8_t>(0x40U | header_size / 4));
    w.u8(0);  // type of service
    w.u16(static_cast<std::uint16_t>(header_size + payload.size()));
    w.u16(static_cast<std::uint16_t>(fields.id));
    w.u16(static_cast<std::uint16_t>(fields.fragment_offset / 8U | (fields.more_fragments ? 0x2000U : 0U)));
    w.u8(fields.hop_limit);
    w.u8(protocol);
    w.u16(0);  // header checksum, see below
    w.bytes(source.bytes());
    w.bytes(destination.bytes());
    w.bytes(fields.options);
    w.patch_u16(10, internet_checksum(w.view()));
    w.bytes(payload);
    return w.take();
}

ByteVector ipv6_packet(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, Bytes payload,
                       const IpFields& fields) {
    const bool is_fragment = fields.more_fragments || fields.fragment_offset != 0;
    Writer w{std::endian::big};
    w.u32(0x60000000);  // version, traffic class, flow label
    w.u16(static_cast<std::uint16_t>(payload.size() + (is_fragment ? 8U : 0U)));
    w.u8(is_fragment ? fragment_header : protocol);
    w.u8(fields.hop_limit);
    w.bytes(source.bytes());
    w.bytes(destination.bytes());
    if (is_fragment) {
        w.u8(protocol);
        w.u8(0);  // reserved
        w.u16(static_cast<std::uint16_t>(fields.fragment_offset | (fields.more_fragments ? 1U : 0U)));
        w.u32(fields.id);
    }
    w.bytes(payload);
    return w.take();
}

}  // namespace

IpAddress ip(std::string_view text) {
    const auto address = IpAddress::parse(text);
    if (!address) {
        std::fprintf(stderr, "no address: %.*s\n", static_cast<int>(text.size()), text.data());
        std::abort();
    }
    return *address;
}

Endpoint endpoint(std::string_view text, std::uint16_t port) { return {ip(text), port}; }

ByteVector bytes(std::initializer_list<unsigned> values) {
    ByteVector out;
    for (const unsigned value : values) out.push_back(static_cast<std::uint8_t>(value));
    return out;
}

ByteVector join(std::initializer_list<Bytes> parts) {
    ByteVector out;
    for (const Bytes part : parts) out.insert(out.end(), part.begin(), part.end());
    return out;
}

std::uint16_t internet_checksum(Bytes bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        sum += i % 2 == 0 ? static_cast<std::uint32_t>(bytes[i]) << 8U : bytes[i];
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return static_cast<std::uint16_t>(~sum & 0xffffU);
}

ByteVector ethernet(std::uint16_t ether_type, Bytes payload, std::vector<std::uint16_t> vlan_ids) {
    Writer w{std::endian::big};
    w.bytes(test::bytes({0x02, 0, 0, 0, 0, 0x0a}));  // destination, locally administered
    w.bytes(test::bytes({0x02, 0, 0, 0, 0, 0x4d}));  // source
    for (const std::uint16_t id : vlan_ids) {
        w.u16(0x8100);
        w.u16(id);
    }
    w.u16(ether_type);
    w.bytes(payload);
    return w.take();
}

ByteVector ethernet_ip(Bytes ip_packet, std::vector<std::uint16_t> vlan_ids) {
    const bool is_v6 = !ip_packet.empty() && ip_packet[0] >> 4U == 6;
    ByteVector frame = ethernet(is_v6 ? 0x86dd : 0x0800, ip_packet, std::move(vlan_ids));
    if (frame.size() < 60) frame.resize(60, 0xee);
    return frame;
}

ByteVector ip_packet(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, Bytes payload,
                     const IpFields& fields) {
    const bool is_v4 = source.family == IpAddress::Family::v4;
    return (is_v4 ? ipv4_packet : ipv6_packet)(source, destination, protocol, payload, fields);
}

std::vector<ByteVector> ip_fragments(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                                     Bytes payload, std::uint32_t id, std::size_t size) {
    const std::size_t step = std::max<std::size_t>(8, size / 8 * 8);
    std::vector<ByteVector> out;
    for (std::size_t at = 0; at < payload.size(); at += step) {
        const IpFields fields{
            .id = id, .fragment_offset = static_cast<std::uint16_t>(at), .more_fragments = at + step < payload.size()};
        out.push_back(ip_packet(source, destination, protocol, head(payload.subspan(at), step), fields));
    }
    return out;
}

ByteVector tcp_segment(const Endpoint& from, const Endpoint& to, const TcpFields& fields, Bytes payload) {
    Writer w{std::endian::big};
    w.u16(from.port);
    w.u16(to.port);
    w.u32(fields.sequence);
    w.u32(fields.acknowledgment);
    w.u8(static_cast<std::uint8_t>((20 + fields.options.size()) / 4 << 4U));
    w.u8(fields.flags);
    w.u16(fields.window);
    w.u16(0);  // checksum, see below
    w.u16(0);  // urgent pointer
    w.bytes(fields.options);
    w.bytes(payload);
    w.patch_u16(16, checksum_behind_ip(from.ip, to.ip, tcp, w.view()));
    return w.take();
}

ByteVector udp_datagram(const Endpoint& from, const Endpoint& to, Bytes payload) {
    Writer w{std::endian::big};
    w.u16(from.port);
    w.u16(to.port);
    w.u16(static_cast<std::uint16_t>(8 + payload.size()));
    w.u16(0);  // checksum, see below
    w.bytes(payload);
    const std::uint16_t checksum = checksum_behind_ip(from.ip, to.ip, udp, w.view());
    w.patch_u16(6, checksum == 0 ? std::uint16_t{0xffff} : checksum);
    return w.take();
}

ByteVector icmp_error(const IpAddress& from, const IpAddress& to, std::uint8_t type, std::uint8_t code,
                      std::uint32_t rest, Bytes quoted, std::size_t quoted_size) {
    const bool is_v4 = from.family == IpAddress::Family::v4;
    Writer w{std::endian::big};
    w.u8(type);
    w.u8(code);
    w.u16(0);  // checksum, see below
    w.u32(rest);
    w.bytes(head(quoted, quoted_size));
    w.patch_u16(2, is_v4 ? internet_checksum(w.view()) : checksum_behind_ip(from, to, icmpv6, w.view()));
    return ip_packet(from, to, is_v4 ? icmp : icmpv6, w.view());
}

PacketView view_of(Bytes frame, LinkType link_type, std::uint64_t number, Timestamp time) {
    return {.number = number,
            .time = time,
            .link_type = link_type,
            .original_size = static_cast<std::uint32_t>(frame.size()),
            .data = frame};
}

std::vector<TestPacket> with_silence(std::vector<TestPacket> packets, std::int64_t ns) {
    const Endpoint from = endpoint("198.51.100.7", 123);
    const Endpoint to = endpoint("198.51.100.8", 123);
    const ByteVector frame = ethernet_ip(ip_packet(from.ip, to.ip, 17, udp_datagram(from, to, bytes({1, 2, 3, 4}))));
    const Timestamp end = packets.empty() ? Timestamp{} : packets.back().time;
    packets.push_back({.time = {end.ns + ns}, .frame = frame});
    return packets;
}

TcpScript::TcpScript(Options options)
    : options_{std::move(options)}, now_{options_.start}, next_{options_.client_isn, options_.host_isn} {}

TcpScript& TcpScript::syn() {
    next_[0] = options_.client_isn;  // a retry repeats the number
    return step(Side::client, syn_flag, {}, test::bytes({2, 4, 0x05, 0xb4}));
}

TcpScript& TcpScript::syn_ack() {
    next_[1] = options_.host_isn;
    return step(Side::host, syn_flag | ack_flag, {}, test::bytes({2, 4, 0x05, 0xb4}));
}

TcpScript& TcpScript::ack(Side from) { return step(from, ack_flag, {}); }

TcpScript& TcpScript::handshake() { return syn().syn_ack().ack(Side::client); }

TcpScript& TcpScript::send(Side from, Bytes bytes, std::size_t segment_size) {
    const std::size_t size = std::max<std::size_t>(1, segment_size);
    for (; bytes.size() > size; bytes = bytes.subspan(size)) step(from, ack_flag, bytes.first(size));
    return step(from, ack_flag | psh_flag, bytes);
}

TcpScript& TcpScript::fin(Side from) { return step(from, fin_flag | ack_flag, {}); }

TcpScript& TcpScript::rst(Side from) { return step(from, rst_flag | ack_flag, {}); }

TcpScript& TcpScript::unreachable(const IpAddress& router, std::uint8_t code) {
    const Bytes frame = packets.back().frame;
    const Bytes rejected = frame.subspan(14 + 4 * options_.vlan_ids.size());
    const bool is_v4 = router.family == IpAddress::Family::v4;
    add(icmp_error(router, options_.client.ip, is_v4 ? 3 : 1, code, 0, rejected));
    return *this;
}

TcpScript& TcpScript::wait(std::int64_t ns) {
    now_.ns += ns;
    return *this;
}

TcpScript& TcpScript::segment(Side from, const TcpFields& fields, Bytes payload) {
    const Endpoint& source = end(from);
    const Endpoint& destination = end(other(from));
    add(ip_packet(source.ip, destination.ip, tcp, tcp_segment(source, destination, fields, payload)));
    return *this;
}

TcpScript& TcpScript::step(Side from, std::uint8_t flags, Bytes payload, ByteVector tcp_options) {
    std::uint32_t& next = next_[static_cast<std::size_t>(from)];
    const bool acknowledges = (flags & ack_flag) != 0;
    const TcpFields fields{.sequence = next,
                           .acknowledgment = acknowledges ? next_[static_cast<std::size_t>(other(from))] : 0U,
                           .flags = flags,
                           .options = std::move(tcp_options)};
    segment(from, fields, payload);
    next += static_cast<std::uint32_t>(payload.size()) + ((flags & (syn_flag | fin_flag)) != 0 ? 1U : 0U);
    return *this;
}

void TcpScript::add(Bytes ip_packet) {
    packets.push_back({now_, ethernet_ip(ip_packet, options_.vlan_ids)});
    now_.ns += options_.step_ns;
}

}  // namespace diag::test
