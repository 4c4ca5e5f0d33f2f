#pragma once

#include <vector>

#include "libdiag/proto/ip/icmp.h"
#include "libdiag/proto/ip/ip.h"
#include "libdiag/wire/node.h"

namespace diag::ip {

/// The link, network and tunnel headers of a frame, outermost first, one Node each; offsets count from its first byte.
/// Where the walk ended early a last Node without bytes says why. The transport header is not in it: see describe_udp(),
/// describe_icmp() and tcp::describe_segment().
std::vector<Node> describe_headers(const PacketView& packet);

/// A UDP header at `offset` of the frame. `payload` is the IP payload; what was cut off of it is left out.
Node describe_udp(Bytes payload, std::size_t offset);

/// An ICMP or ICMPv6 message at `offset` of the frame, with the packet that it quotes.
Node describe_icmp(const IcmpMessage& message, IpAddress::Family family, std::size_t offset, std::size_t size);

}  // namespace diag::ip
