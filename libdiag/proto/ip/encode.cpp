#include "libdiag/proto/ip/encode.h"

#include <cassert>

#include "libdiag/proto/ip/checksum.h"
#include "libdiag/proto/ip/ip.h"

namespace diag::ip {

ByteVector encode_ipv4(Ipv4Header header, Bytes options, Bytes payload) {
    assert(options.size() % 4 == 0 && options.size() <= 40);
    const std::size_t header_size = 20 + options.size();
    assert(header_size + payload.size() <= 0xffff);
    header.version_ihl = static_cast<std::uint8_t>(0x40U | header_size / 4);
    header.total_length = static_cast<std::uint16_t>(header_size + payload.size());
    header.header_checksum = 0;
    Writer w{std::endian::big};
    encode_fields(w, ipv4_fields, header);
    w.bytes(options);
    Checksum sum;
    sum.add(w.view());
    w.patch_u16(10, sum.value());
    w.bytes(payload);
    return w.take();
}

ByteVector encode_ipv6(Ipv6Header header, Bytes payload) {
    assert(payload.size() <= 0xffff);
    header.payload_length = static_cast<std::uint16_t>(payload.size());
    Writer w{std::endian::big};
    encode_fields(w, ipv6_fields, header);
    w.bytes(payload);
    return w.take();
}

ByteVector encode_udp(const Endpoint& source, const Endpoint& destination, Bytes payload) {
    assert(udp_header_size + payload.size() <= 0xffff);
    const UdpHeader header{.source_port = source.port,
                           .destination_port = destination.port,
                           .length = static_cast<std::uint16_t>(udp_header_size + payload.size())};
    Writer w{std::endian::big};
    encode_fields(w, udp_fields, header);
    w.bytes(payload);
    w.patch_u16(6, transport_checksum(source.ip, destination.ip, protocol::udp, w.view()));
    return w.take();
}

}  // namespace diag::ip
