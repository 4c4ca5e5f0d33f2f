#include "libdiag/proto/tcp/segment.h"

#include <cassert>

#include "libdiag/proto/ip/checksum.h"
#include "libdiag/proto/ip/ip.h"

namespace diag::tcp {
namespace {

constexpr Name flags[] = {
    {flag::fin, "FIN"}, {flag::syn, "SYN"}, {flag::rst, "RST"}, {flag::psh, "PSH"},
    {flag::ack, "ACK"}, {flag::urg, "URG"}, {flag::ece, "ECE"}, {flag::cwr, "CWR"},
};

constexpr Field<Header> fields[] = {
    {"source_port", "Source port", &Header::source_port},
    {"destination_port", "Destination port", &Header::destination_port},
    {"sequence_number", "Sequence number", &Header::sequence_number},
    {"acknowledgment_number", "Acknowledgment number", &Header::acknowledgment_number},
    {"data_offset", "Header length", &Header::data_offset, Show::hex},
    {"flags", "Flags", &Header::flags, Show::flags, flags},
    {"window", "Window", &Header::window},
    {"checksum", "Checksum", &Header::checksum, Show::hex},
    {"urgent_pointer", "Urgent pointer", &Header::urgent_pointer},
};

}  // namespace

constinit const std::span<const Field<Header>> header_fields{fields};
constinit const std::span<const Name> flag_names{flags};

ByteVector encode_segment(const IpAddress& source, const IpAddress& destination, Header header, Bytes options,
                          Bytes payload) {
    assert(options.size() % 4 == 0 && options.size() <= max_header_size - min_header_size);
    header.data_offset = static_cast<std::uint8_t>((min_header_size + options.size()) / 4 << 4U);
    header.checksum = 0;
    Writer w{std::endian::big};
    encode_fields(w, header_fields, header);
    w.bytes(options);
    w.bytes(payload);
    w.patch_u16(16, ip::transport_checksum(source, destination, ip::protocol::tcp, w.view()));
    return w.take();
}

}  // namespace diag::tcp
