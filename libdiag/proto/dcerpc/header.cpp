#include "libdiag/proto/dcerpc/header.h"

#include "libdiag/proto/dcerpc/auth.h"

namespace diag::dcerpc {
namespace {

constexpr std::size_t drep_at = 4;
constexpr std::size_t frag_length_at = 8;
constexpr std::size_t auth_length_at = 10;

// Byte order 0 or 1, ASCII or EBCDIC; the second byte names one of four float formats. The other two are reserved, and
// nobody promises that they are zero.
bool is_order_byte(std::uint8_t byte) { return (byte & 0xEE) == 0; }
bool is_float_byte(std::uint8_t byte) { return byte <= 3; }

bool lengths_agree(std::size_t frag_length, std::size_t auth_length) {
    const std::size_t trailer_size = auth_length == 0 ? 0 : auth_header_size + auth_length;
    return frag_length >= header_size + trailer_size;
}

std::size_t length_at(Bytes prefix, std::size_t at) {
    const std::endian order = (prefix[drep_at] >> 4) == 0 ? std::endian::big : std::endian::little;
    Reader r{prefix.subspan(at), order};
    return r.u16("length");
}

}  // namespace

void decode_header(Reader& r, Header& header) {
    const Bytes all = r.rest();
    // Everything before drep is single bytes, so the order may be set before the table is read.
    if (all.size() > drep_at) r.set_order((all[drep_at] >> 4) == 0 ? std::endian::big : std::endian::little);
    decode_fields<Header>(r, header_fields, header);
    if (all.size() < 3) header.ptype = static_cast<std::uint8_t>(PduType::none);
    if (r.failed()) return;
    const auto refuse = [&r](std::string_view field) { r.fail(WireError::Kind::malformed, field); };
    if (header.rpc_vers != 5) return refuse("rpc_vers");
    if (!is_order_byte(header.drep[0])) return refuse("drep");
    if (!lengths_agree(header.frag_length, 0)) return refuse("frag_length");
    if (!lengths_agree(header.frag_length, header.auth_length)) return refuse("auth_length");
}

void encode_header(Writer& w, const Header& header) { encode_fields<Header>(w, header_fields, header); }

bool looks_like_rpc(Bytes prefix) {
    const std::size_t size = prefix.size();
    if (size > 0 && prefix[0] != 5) return false;
    if (size > 1 && prefix[1] > 1) return false;
    if (size > drep_at && !is_order_byte(prefix[drep_at])) return false;
    if (size > drep_at + 1 && !is_float_byte(prefix[drep_at + 1])) return false;
    if (size >= auth_length_at && !lengths_agree(length_at(prefix, frag_length_at), 0)) return false;
    if (size < auth_length_at + 2) return true;
    return lengths_agree(length_at(prefix, frag_length_at), length_at(prefix, auth_length_at));
}

bool is_pdu_start(Bytes bytes) {
    return bytes.size() >= header_size && looks_like_rpc(bytes) &&
           is_connection_oriented(static_cast<PduType>(bytes[2]));
}

std::size_t peek_frag_length(Bytes bytes) { return bytes.size() < header_size ? 0 : length_at(bytes, frag_length_at); }

PeekedLength peek_length(Bytes bytes) {
    using Kind = PeekedLength::Kind;
    if (!looks_like_rpc(bytes)) return {.kind = Kind::not_rpc, .size = 0};
    if (bytes.size() < header_size) return {.kind = Kind::need_more, .size = header_size};
    return {.kind = Kind::known, .size = peek_frag_length(bytes)};
}

}  // namespace diag::dcerpc
