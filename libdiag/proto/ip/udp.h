#pragma once

#include <span>

#include "libdiag/base/bytes.h"
#include "libdiag/wire/field.h"

namespace diag::ip {

/// RFC 768.
struct UdpHeader {
    std::uint16_t source_port = 0, destination_port = 0;
    std::uint16_t length = 0;  ///< header and payload, bytes
    std::uint16_t checksum = 0;
    friend bool operator==(const UdpHeader&, const UdpHeader&) = default;
};
extern const std::span<const Field<UdpHeader>> udp_fields;
inline constexpr std::size_t udp_header_size = 8;

struct UdpDatagram {
    UdpHeader header;
    Bytes payload;                   ///< as captured
    std::uint32_t payload_size = 0;  ///< as the header says; more than payload.size() when the capture cut it
};

/// `payload` and `payload_size` as IpPacket has them. A length of 0 (segmentation offload) means all of the IP payload.
Decoded<UdpDatagram> decode_udp(Bytes payload, std::uint32_t payload_size);

}  // namespace diag::ip
