#include "libdiag/proto/ip/udp.h"

namespace diag::ip {
namespace {

constexpr Field<UdpHeader> fields[] = {
    {"source_port", "Source port", &UdpHeader::source_port},
    {"destination_port", "Destination port", &UdpHeader::destination_port},
    {"length", "Length", &UdpHeader::length},
    {"checksum", "Checksum", &UdpHeader::checksum, Show::hex},
};

}  // namespace

constinit const std::span<const Field<UdpHeader>> udp_fields{fields};

Decoded<UdpDatagram> decode_udp(Bytes payload, std::uint32_t payload_size) {
    Reader r{payload, std::endian::big};
    UdpDatagram datagram;
    decode_fields(r, udp_fields, datagram.header);
    const std::uint32_t size = datagram.header.length != 0 ? datagram.header.length : payload_size;
    if (size < udp_header_size || size > payload_size) r.fail(WireError::Kind::malformed, "length");
    if (r.failed()) return std::unexpected(r.error());
    datagram.payload_size = size - static_cast<std::uint32_t>(udp_header_size);
    datagram.payload = head(r.rest(), datagram.payload_size);
    return datagram;
}

}  // namespace diag::ip
