#pragma once

#include <cstdint>
#include <span>

#include "libdiag/base/ip_address.h"
#include "libdiag/wire/field.h"
#include "libdiag/wire/load.h"

namespace diag::tcp {

namespace flag {  // RFC 9293 3.1
inline constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10, urg = 0x20, ece = 0x40,
                              cwr = 0x80;
}  // namespace flag

inline constexpr std::size_t min_header_size = 20;
inline constexpr std::size_t max_header_size = 60;

/// The fixed part of the header as it stands on the wire.
struct Header {
    std::uint16_t source_port = 0, destination_port = 0;
    std::uint32_t sequence_number = 0, acknowledgment_number = 0;
    std::uint8_t data_offset = 0x50;  ///< 4-byte units in the upper four bits; the others are reserved
    std::uint8_t flags = 0;
    std::uint16_t window = 0, checksum = 0, urgent_pointer = 0;
    friend bool operator==(const Header&, const Header&) = default;
};
extern const std::span<const Field<Header>> header_fields;
extern const std::span<const Name> flag_names;

/// One TCP segment. Views are as long-lived as the bytes that were decoded.
struct Segment {
    std::uint16_t source_port = 0, destination_port = 0;
    std::uint32_t sequence = 0;        ///< of the first payload byte, or of SYN and FIN themselves
    std::uint32_t acknowledgment = 0;  ///< meaningful with flag::ack
    std::uint8_t flags = 0;
    std::uint8_t header_size = 0;  ///< bytes, with options
    std::uint16_t window = 0;      ///< not yet scaled
    std::uint32_t payload_size =
        0;          ///< bytes as sent, by the IP header; more than payload.size() when the capture cut it
    Bytes options;  ///< as captured; decode_options() reads them
    Bytes payload;  ///< as captured

    bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
    /// The sequence number behind this segment: SYN and FIN count as one byte each.
    std::uint32_t end_sequence() const { return sequence + payload_size + has(flag::syn) + has(flag::fin); }
};

/// Reads a segment from the payload of an IP packet: `captured` is what was captured of it, `size` what was sent.
///
/// Truncated below 20 captured bytes; malformed when the header length is below 20 or beyond `size`. A capture that cuts
/// the options or the payload is no error. Inline and with direct loads behind one length check (RFC 9293 3.1): this runs
/// for every TCP packet of a capture.
inline Decoded<Segment> decode_segment(Bytes captured, std::uint32_t size) {
    using Kind = WireError::Kind;
    if (captured.size() < min_header_size)
        return std::unexpected(WireError{Kind::truncated, captured.size(), "tcp header"});
    const std::uint32_t header_size = (load_be<std::uint8_t>(captured, 12) >> 4U) * 4U;
    if (header_size < min_header_size || header_size > size)
        return std::unexpected(WireError{Kind::malformed, 12, "data_offset"});
    const std::size_t options_end = header_size < captured.size() ? header_size : captured.size();
    return Segment{.source_port = load_be<std::uint16_t>(captured, 0),
                   .destination_port = load_be<std::uint16_t>(captured, 2),
                   .sequence = load_be<std::uint32_t>(captured, 4),
                   .acknowledgment = load_be<std::uint32_t>(captured, 8),
                   .flags = load_be<std::uint8_t>(captured, 13),
                   .header_size = static_cast<std::uint8_t>(header_size),
                   .window = load_be<std::uint16_t>(captured, 14),
                   .payload_size = size - header_size,
                   .options = captured.subspan(min_header_size, options_end - min_header_size),
                   .payload = captured.subspan(options_end)};
}

/// A segment with its checksum. `options` is a multiple of 4 bytes, at most 40; the header length follows from it.
ByteVector encode_segment(const IpAddress& source, const IpAddress& destination, Header header, Bytes options,
                          Bytes payload);

}  // namespace diag::tcp
