#pragma once

#include <cstdint>

#include "libdiag/base/bytes.h"
#include "libdiag/base/time.h"

namespace diag {

/// What the bytes of a packet start with: the LINKTYPE_ numbers of the pcap formats (tcpdump.org/linktypes.html).
enum class LinkType : std::uint32_t {
    null_loopback = 0,  ///< BSD loopback, address family in host byte order
    ethernet = 1,
    raw_ip_bsd = 12,  ///< DLT_RAW as some systems write it
    raw_ip_openbsd = 14,
    raw_ip = 101,
    openbsd_loopback = 108,  ///< as null_loopback, address family in network byte order
    linux_sll = 113,
    raw_ipv4 = 228,
    raw_ipv6 = 229,
    linux_sll2 = 276,
};

/// One captured packet. The bytes belong to the reader and are valid until it reads the next packet.
struct PacketView {
    std::uint64_t number = 0;  ///< from 1, over the whole file, as Wireshark counts
    Timestamp time;
    std::uint8_t fraction_digits = 6;  ///< precision of the source: 3, 6 or 9 digits of a second (0 to 9)
    LinkType link_type = LinkType::ethernet;
    std::uint32_t original_size = 0;  ///< bytes on the wire; data may hold fewer (snaplen)
    Bytes data;
};

}  // namespace diag
