#pragma once

#include <bit>

#include "libdiag/proto/dcerpc/names.h"
#include "libdiag/wire/field.h"

namespace diag::dcerpc {

inline constexpr std::size_t header_size = 16;

/// The header that all connection-oriented PDUs share (C706 §12.6.3.1, protocol.md 2.1):
///
///      0 rpc_vers | 1 rpc_vers_minor | 2 ptype | 3 pfc_flags | 4 drep[4] | 8 frag_length | 10 auth_length | 12 call_id
///
/// The high nibble of drep[0] is the byte order of every integer of the PDU: 1 little-endian, 0 big-endian.
struct Header {
    std::uint8_t rpc_vers = 5;
    std::uint8_t rpc_vers_minor = 0;
    std::uint8_t ptype = static_cast<std::uint8_t>(PduType::none);
    std::uint8_t pfc_flags = flag::whole;
    FixedBytes<4> drep = {0x10, 0, 0, 0};
    std::uint16_t frag_length = 0;  ///< bytes of the whole PDU, this header and the auth trailer included
    std::uint16_t auth_length = 0;  ///< bytes of the auth value alone
    std::uint32_t call_id = 0;

    PduType type() const { return static_cast<PduType>(ptype); }
    bool has(std::uint8_t flags) const { return (pfc_flags & flags) == flags; }
    std::endian order() const { return (drep[0] >> 4) == 0 ? std::endian::big : std::endian::little; }
    friend bool operator==(const Header&, const Header&) = default;
};

inline constexpr FixedBytes<4> little_endian_drep = {0x10, 0, 0, 0};
inline constexpr FixedBytes<4> big_endian_drep = {0x00, 0, 0, 0};

inline constexpr Field<Header> header_fields[] = {
    {"rpc_vers", "Version", &Header::rpc_vers},
    {"rpc_vers_minor", "Minor version", &Header::rpc_vers_minor},
    {"ptype", "Packet type", &Header::ptype, Show::decimal, pdu_type_names},
    {"pfc_flags", "Flags", &Header::pfc_flags, Show::flags, flag_names},
    {"drep", "Data representation", &Header::drep, Show::bytes, {}, false},
    {"frag_length", "Fragment length", &Header::frag_length},
    {"auth_length", "Auth length", &Header::auth_length},
    {"call_id", "Call id", &Header::call_id},
};

/// Reads the 16 bytes and sets the reader's byte order from them. What was read before a failure stays in `header`;
/// ptype is PduType::none when its byte was not there.
///
/// Beyond the end of the bytes it fails for a version other than 5, a drep that is neither order, and lengths that
/// contradict each other (frag_length < 16, or too small for the auth trailer). Unknown packet types are no failure.
void decode_header(Reader& r, Header& header);
void encode_header(Writer& w, const Header& header);

/// Whether `prefix`, of any length, can be the beginning of a PDU. Any packet type goes: types that we do not know are
/// skipped by their length. True for an empty prefix.
bool looks_like_rpc(Bytes prefix);

/// Stricter, for finding a PDU in the middle of a stream: the whole header is there and its type belongs on TCP.
bool is_pdu_start(Bytes bytes);

/// frag_length (at least 16) of a PDU of which looks_like_rpc() is true; 0 when `bytes` is shorter than a header.
std::size_t peek_frag_length(Bytes bytes);

/// What the first bytes of a stream say about its next PDU.
struct PeekedLength {
    enum class Kind : std::uint8_t { need_more, known, not_rpc } kind = Kind::need_more;
    std::size_t size = 0;  ///< known: bytes of the PDU; need_more: bytes needed in all before asking again
};
PeekedLength peek_length(Bytes bytes);

}  // namespace diag::dcerpc
