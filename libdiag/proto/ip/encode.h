#pragma once

#include "libdiag/base/ip_address.h"
#include "libdiag/proto/ip/headers.h"
#include "libdiag/proto/ip/udp.h"

namespace diag::ip {

/// An IPv4 packet. Header length, total length and checksum are computed; `options` is a multiple of 4 bytes, at most 40.
ByteVector encode_ipv4(Ipv4Header header, Bytes options, Bytes payload);

/// An IPv6 packet; extension headers are part of `payload`. The payload length is computed.
ByteVector encode_ipv6(Ipv6Header header, Bytes payload);

/// A UDP datagram with length and checksum.
ByteVector encode_udp(const Endpoint& source, const Endpoint& destination, Bytes payload);

}  // namespace diag::ip
