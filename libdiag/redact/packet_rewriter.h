#pragma once

#include <functional>
#include <optional>
#include <span>

#include "libdiag/base/packet_view.h"
#include "libdiag/proto/ip/layer.h"
#include "libdiag/redact/pseudonyms.h"

namespace diag::redact {

/// Where bytes of a TCP connection stand.
struct SegmentPlace {
    Endpoint source, destination;
    std::uint32_t sequence = 0;  ///< of the first byte
};

/// Puts into `out`, which is as long as `payload` and all zeros, what may be known of the bytes of a segment.
/// False drops the packet.
using RewriteSegment = std::function<bool(const SegmentPlace& place, Bytes payload, std::span<std::uint8_t> out)>;

/// Writes packets anew, with pseudonyms for the addresses in all their headers.
///
/// The new packet has the size of the old one and begins as zeros; only what is read here and by RewriteSegment comes into
/// it. So padding, options that are not known, IP options and trailers are gone. Headers keep their sizes, ports, sequence numbers,
/// lengths and flags. Checksums are right where all the bytes that they cover were captured, and otherwise as right as they were
/// (RFC 1624). Payload other than TCP, DNS over UDP and ICMP errors has no rewriting: such packets are none of ours.
class PacketRewriter {
public:
    PacketRewriter(const Pseudonyms& pseudonyms, RewriteSegment rewrite_segment)
        : pseudonyms_{pseudonyms}, rewrite_segment_{std::move(rewrite_segment)} {}

    /// nullopt for what is not read with certainty, and for fragments.
    std::optional<ByteVector> rewrite(const PacketView& packet) const;

    /// A fragment whose datagram was rewritten: `datagram` is its whole payload.
    std::optional<ByteVector> rewrite_fragment(const PacketView& packet, Bytes datagram) const;

private:
    void copy_headers(const ip::TracedPacket& traced, Bytes frame, std::span<std::uint8_t> out) const;
    bool rewrite_payload(const ip::IpPacket& packet, std::span<std::uint8_t> out) const;
    bool rewrite_tcp(const ip::IpPacket& packet, std::span<std::uint8_t> out) const;
    bool rewrite_udp(const ip::IpPacket& packet, std::span<std::uint8_t> out) const;

    const Pseudonyms& pseudonyms_;
    RewriteSegment rewrite_segment_;
};

}  // namespace diag::redact
