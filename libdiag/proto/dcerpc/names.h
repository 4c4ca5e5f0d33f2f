#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libdiag/wire/field.h"

namespace diag::dcerpc {

/// C706 §12.6.1 and MS-RPCE 2.2.1.1.1. Types 1 and 4 to 10 belong to the connectionless protocol.
enum class PduType : std::uint8_t {
    request = 0,
    ping = 1,
    response = 2,
    fault = 3,
    working = 4,
    nocall = 5,
    reject = 6,
    ack = 7,
    cl_cancel = 8,
    fack = 9,
    cancel_ack = 10,
    bind = 11,
    bind_ack = 12,
    bind_nak = 13,
    alter_context = 14,
    alter_context_resp = 15,
    auth3 = 16,
    shutdown = 17,
    co_cancel = 18,
    orphaned = 19,
    none = 255,  ///< of a PDU whose bytes ended before its type
};

inline constexpr Name pdu_type_names[] = {
    {0, "request"},   {1, "ping"},      {2, "response"},       {3, "fault"},
    {4, "working"},   {5, "nocall"},    {6, "reject"},         {7, "ack"},
    {8, "cl_cancel"}, {9, "fack"},      {10, "cancel_ack"},    {11, "bind"},
    {12, "bind_ack"}, {13, "bind_nak"}, {14, "alter_context"}, {15, "alter_context_resp"},
    {16, "auth3"},    {17, "shutdown"}, {18, "co_cancel"},     {19, "orphaned"},
};

namespace flag {
inline constexpr std::uint8_t first_frag = 0x01;
inline constexpr std::uint8_t last_frag = 0x02;
inline constexpr std::uint8_t pending_cancel = 0x04;  ///< in bind and alter_context PDUs: header signing supported
inline constexpr std::uint8_t reserved = 0x08;
inline constexpr std::uint8_t conc_mpx = 0x10;
inline constexpr std::uint8_t did_not_execute = 0x20;
inline constexpr std::uint8_t maybe = 0x40;
inline constexpr std::uint8_t object_uuid = 0x80;
inline constexpr std::uint8_t whole = first_frag | last_frag;  ///< an unfragmented PDU
}  // namespace flag

inline constexpr Name flag_names[] = {
    {flag::first_frag, "first fragment"},
    {flag::last_frag, "last fragment"},
    {flag::pending_cancel, "cancel pending or header signing"},
    {flag::reserved, "reserved"},
    {flag::conc_mpx, "concurrent multiplexing"},
    {flag::did_not_execute, "did not execute"},
    {flag::maybe, "maybe"},
    {flag::object_uuid, "object UUID"},
};

/// What a host says to one offered context (C706 §12.6.3.1, MS-RPCE 2.2.2.4).
inline constexpr std::uint16_t acceptance = 0;
inline constexpr std::uint16_t user_rejection = 1;
inline constexpr std::uint16_t provider_rejection = 2;
inline constexpr std::uint16_t negotiate_ack = 3;  ///< the answer to BTFN; the reason field then holds the mask granted

inline constexpr Name result_names[] = {
    {acceptance, "acceptance"},
    {user_rejection, "user rejection"},
    {provider_rejection, "provider rejection"},
    {negotiate_ack, "negotiate ack"},
};

inline constexpr Name provider_reason_names[] = {
    {0, "reason not specified"},
    {1, "abstract syntax (interface) not supported"},
    {2, "none of the transfer syntaxes supported"},
    {3, "local limit exceeded"},
};

inline constexpr Name reject_reason_names[] = {
    {0, "reason not specified"},
    {1, "temporary congestion"},
    {2, "local limit exceeded"},
    {4, "protocol version not supported"},
    {8, "authentication type not recognized"},
    {9, "invalid checksum or security failure"},
};

/// Fault statuses that hosts are seen to send (protocol.md 2.7).
inline constexpr Name fault_status_names[] = {
    {0x00000005, "access denied"},
    {0x000006F7, "bad stub data"},
    {0x1C010002, "operation number out of range (nca_s_op_rng_error)"},
    {0x1C010003, "unknown interface (nca_s_unk_if)"},
    {0x1C010006, "wrong boot time (nca_s_wrong_boot_time)"},
    {0x1C01000B, "protocol error (nca_s_proto_error)"},
    {0x1C010014, "server too busy (nca_s_server_too_busy)"},
    {0x1C00000D, "cancelled (nca_s_fault_cancel)"},
    {0x1C000012, "unspecified fault (nca_s_fault_unspec)"},
    {0x1C00001C, "invalid presentation context (nca_s_fault_context_mismatch)"},
};

/// "request" ... "orphaned"; a number without a name is "unknown(42)".
std::string name_of(PduType type);

/// Types of the connection-oriented protocol, the only ones that belong on TCP.
constexpr bool is_connection_oriented(PduType type) {
    const auto number = static_cast<std::uint8_t>(type);
    return number == 0 || number == 2 || number == 3 || (number >= 11 && number <= 19);
}

/// The name of a number from the tables above; "reason 17" or "unknown status" when it has none.
std::string describe_reject_reason(std::uint16_t reason);  ///< of a bind_nak
std::string describe_reason(std::uint16_t reason);         ///< of a provider rejection
std::string_view fault_status_text(std::uint32_t status);

}  // namespace diag::dcerpc
