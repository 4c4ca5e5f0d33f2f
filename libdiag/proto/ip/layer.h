#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "libdiag/proto/ip/ip.h"

namespace diag::ip {

/// One header that was passed on the way to the innermost IP payload.
struct Layer {
    enum class Kind : std::uint8_t {
        ethernet,
        vlan,
        snap,
        pppoe,
        mpls,  ///< one label
        linux_sll,
        linux_sll2,
        loopback,
        ipv4,
        ipv6,
        extension,  ///< hop-by-hop, routing, destination options, mobility
        fragment_header,
        authentication,
        gre,
        erspan,
        udp,  ///< of a tunnel only
        vxlan,
        geneve,
    };
    Kind kind;
    std::size_t offset = 0;  ///< in the frame
    std::size_t size = 0;    ///< bytes, with options

    friend bool operator==(const Layer&, const Layer&) = default;
};

/// All headers of a frame, also those in front of a failure.
struct TracedPacket {
    std::vector<Layer> layers;
    std::expected<IpPacket, NoPacket> packet;
};

/// decode_packet() by the same code, with a record of the headers. Slower: for trees, not for every packet.
TracedPacket trace_packet(const PacketView& packet);

}  // namespace diag::ip
