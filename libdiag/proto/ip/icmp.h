#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "libdiag/proto/ip/ip.h"
#include "libdiag/wire/field.h"

namespace diag::ip {

/// The 8 bytes that every ICMP error starts with (RFC 792, RFC 4443 2.1). What `rest` means depends on the type.
struct IcmpHeader {
    std::uint8_t type = 0, code = 0;
    std::uint16_t checksum = 0;
    std::uint32_t rest = 0;
    friend bool operator==(const IcmpHeader&, const IcmpHeader&) = default;
};
extern const std::span<const Field<IcmpHeader>> icmp_fields;

/// What an ICMP error says, in words that both versions share.
enum class IcmpKind : std::uint8_t {
    other,  ///< echo, neighbour discovery, ...: no error
    destination_unreachable,
    packet_too_big,  ///< ICMPv6 type 2; ICMP type 3 code 4, "fragmentation needed"
    time_exceeded,
    parameter_problem,
    redirect,
    source_quench,
};

struct Ports {
    std::uint16_t source = 0, destination = 0;
    friend bool operator==(const Ports&, const Ports&) = default;
};

/// The packet that an error is about, as its first bytes tell.
struct QuotedPacket {
    IpAddress source, destination;
    std::uint8_t protocol = 0;
    std::optional<Ports> ports;  ///< TCP, UDP; absent in later fragments or when cut
    std::optional<std::uint32_t> tcp_sequence;
    friend bool operator==(const QuotedPacket&, const QuotedPacket&) = default;
};

struct IcmpMessage {
    IcmpHeader header;
    IcmpKind kind = IcmpKind::other;
    std::optional<std::uint32_t> mtu;      ///< packet_too_big; absent when the router left it 0 (before RFC 1191)
    std::optional<IpAddress> gateway;      ///< redirect: use this router
    std::optional<std::uint32_t> pointer;  ///< parameter_problem: offset of the offending byte in the quoted packet
    std::optional<QuotedPacket> quoted;    ///< errors; absent when too little of it was captured or it is no IP
};

/// `payload` is that of an IpPacket whose protocol is protocol::icmp (family v4) or protocol::icmpv6 (v6).
Decoded<IcmpMessage> decode_icmp(Bytes payload, IpAddress::Family family);

/// "Destination unreachable"; empty for types without a name here.
std::string_view icmp_type_name(IpAddress::Family family, std::uint8_t type);

/// "Port unreachable"; empty for codes without a name.
std::string_view icmp_code_name(IpAddress::Family family, std::uint8_t type, std::uint8_t code);

}  // namespace diag::ip
