#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "libdiag/base/ip_address.h"
#include "libdiag/base/packet_view.h"

namespace diag::ip {

/// Numbers of the protocol (IPv4) and next header (IPv6) fields; IANA "Protocol Numbers".
namespace protocol {
inline constexpr std::uint8_t hop_by_hop = 0, icmp = 1, ipv4 = 4, tcp = 6, udp = 17, ipv6 = 41, routing = 43,
                              fragment = 44, gre = 47, ah = 51, icmpv6 = 58, none = 59, destination_options = 60,
                              mobility = 135;
}  // namespace protocol

/// Why a packet holds no IP packet that we can show.
enum class NoPacket : std::uint8_t {
    not_ip,            ///< ARP, spanning tree, ...: nothing wrong with it
    truncated,         ///< the captured bytes end within a header
    malformed,         ///< a header breaks its own rules (lengths, versions, too many headers)
    unsupported_link,  ///< a link type that we do not read
};

std::string_view to_string(NoPacket why);

/// Where a piece of a fragmented packet belongs.
struct Fragment {
    std::uint32_t id = 0;
    std::uint32_t offset = 0;  ///< bytes from the start of the whole payload
    bool more = false;
    bool is_fragment = false;  ///< false for whole packets, also for "atomic fragments" (RFC 6946)

    friend bool operator==(const Fragment&, const Fragment&) = default;
};

/// The innermost IP packet of a frame. Views are as long-lived as the frame.
struct IpPacket {
    IpAddress source;
    IpAddress destination;
    std::uint8_t protocol = 0;  ///< of the payload: the first header that is no extension header
    std::uint8_t hop_limit = 0;
    std::uint8_t tunnel_depth = 0;     ///< 1 inside GRE, VXLAN, Geneve or IP in IP
    std::uint32_t payload_offset = 0;  ///< where the payload starts in the frame (or in what was reassembled)
    std::uint32_t payload_size = 0;    ///< bytes, as the IP header says; more than payload.size() when snaplen cut it
    Fragment fragment;
    Bytes payload;  ///< what was captured of it, without the padding of the link
};

inline constexpr unsigned max_vlan_tags = 4;
inline constexpr unsigned max_mpls_labels = 8;
inline constexpr unsigned max_extension_headers = 16;

/// Largest packet without a length of its own (segmentation offload writes 0) that we believe; Linux sends up to 512 KiB.
inline constexpr std::uint32_t max_offload_size = 1U << 20;

/// Finds the innermost IP packet of a frame: through VLAN tags, SNAP, PPPoE and extension headers, and into one tunnel.
/// What looks like a tunnel but does not hold an IP packet is returned as it stands, with tunnel_depth 0.
///
/// Checksums are not verified: offloading leaves them unset in most captures. No allocation.
std::expected<IpPacket, NoPacket> decode_packet(const PacketView& packet);

/// The same for bytes that start with an IP header, and without looking into tunnels.
std::expected<IpPacket, NoPacket> decode_ip(Bytes packet);

/// The packet inside a GRE, VXLAN, Geneve or IP-in-IP packet; nullopt when there is none. decode_packet() did this
/// already for all packets but fragments.
std::optional<IpPacket> enter_tunnel(const IpPacket& packet);

/// Moves an IPv6 payload that starts with extension headers behind them; reassembled packets need it.
std::expected<IpPacket, NoPacket> skip_extension_headers(const IpPacket& packet);

}  // namespace diag::ip
