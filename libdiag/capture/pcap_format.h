#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <expected>
#include <string>

#include "libdiag/base/packet_view.h"

// The classic pcap format (draft-ietf-opsawg-pcap): a file header, then records of a header and the packet's bytes.
//
//     file:   magic u32 | major u16 | minor u16 | zone i32 | sigfigs u32 | snaplen u32 | linktype u32     24 bytes
//     record: seconds u32 | fraction u32 | captured length u32 | length on the wire u32 | bytes           16 bytes + n
//
// All in the byte order of the machine that wrote it, which the magic tells.
namespace diag::capture {

inline constexpr std::size_t pcap_header_size = 24;
inline constexpr std::size_t pcap_record_header_size = 16;
inline constexpr std::size_t modified_record_header_size = 24;  // + ifindex u32, protocol u16, packet type u8, pad u8

/// The longest packet that we believe. Snap lengths in files are no bound: writers put 0, 65535 or nonsense there.
inline constexpr std::uint32_t packet_size_limit = std::uint32_t{256} << 10;
/// USB and D-Bus messages are no network packets and may be this long.
inline constexpr std::uint32_t message_size_limit = std::uint32_t{16} << 20;

std::uint32_t captured_size_limit(LinkType link_type);

/// Both formats count from 1970 without a sign: an earlier time (a broken clock) becomes 0.
inline std::uint64_t writable_ns(Timestamp time) { return time.ns > 0 ? static_cast<std::uint64_t>(time.ns) : 0; }

/// What a file header says about the records behind it.
struct PcapHeader {
    bool swapped = false;              ///< numbers are in the other byte order than this machine's
    std::uint32_t fraction_ns = 1000;  ///< nanoseconds per unit of a record's fraction
    std::size_t record_header_size = pcap_record_header_size;
    LinkType link_type = LinkType::ethernet;
};

/// Whether bytes begin with one of the magics of the format (at least 4 bytes; fewer: no).
bool has_pcap_magic(Bytes bytes);

/// At least pcap_header_size bytes with the magic. The error says which version it is that we do not read.
std::expected<PcapHeader, std::string> decode_pcap_header(Bytes bytes);

struct PcapRecord {
    std::uint32_t seconds, fraction, captured_size, original_size;
};

/// The first 16 bytes of a record header. On the path of every packet, so it reads without a check of its own: the
/// caller has made sure of the bytes.
inline PcapRecord load_pcap_record(const std::uint8_t* at, bool swapped) {
    std::uint32_t raw[4];
    static_assert(sizeof raw == pcap_record_header_size);
    std::memcpy(raw, at, sizeof raw);
    if (swapped) {
        for (std::uint32_t& number : raw) number = std::byteswap(number);
    }
    return {raw[0], raw[1], raw[2], raw[3]};
}

}  // namespace diag::capture
