#pragma once

#include <cstdint>
#include <string_view>

/// What the rows of rules_*.cpp share. Not for other code.
namespace diag::check::rule {

/// Codes of libdiag/data/errors.csv by their symbol. The RPC errors appear as HRESULTs, 0x80070000 + Win32 code.
namespace code {
inline constexpr std::uint32_t host_unavailable = 0xC004F074;    // SL_E_VL_BINDING_SERVICE_UNAVAILABLE
inline constexpr std::uint32_t count_too_low = 0xC004F038;       // SL_E_VL_NOT_ENOUGH_COUNT
inline constexpr std::uint32_t id_mismatch = 0xC004F042;         // SL_E_VL_KEY_MANAGEMENT_SERVICE_ID_MISMATCH
inline constexpr std::uint32_t invalid_timestamp = 0xC004F06C;   // SL_E_VL_INVALID_TIMESTAMP
inline constexpr std::uint32_t client_list_full = 0xC004D104;    // no public symbol
inline constexpr std::uint32_t invalid_data = 0x8007000D;        // ERROR_INVALID_DATA
inline constexpr std::uint32_t rpc_unknown_if = 0x800706B5;      // 1717 RPC_S_UNKNOWN_IF
inline constexpr std::uint32_t rpc_unavailable = 0x800706BA;     // 1722 RPC_S_SERVER_UNAVAILABLE
inline constexpr std::uint32_t rpc_failed = 0x800706BE;          // 1726 RPC_S_CALL_FAILED
inline constexpr std::uint32_t rpc_failed_dne = 0x800706BF;      // 1727 RPC_S_CALL_FAILED_DNE
inline constexpr std::uint32_t rpc_protocol_error = 0x800706C0;  // 1728 RPC_S_PROTOCOL_ERROR
inline constexpr std::uint32_t rpc_no_syntax = 0x800706C2;       // 1730 RPC_S_UNSUPPORTED_TRANS_SYN
inline constexpr std::uint32_t dns_server_failure = 0x8007232A;  // 9002 DNS_ERROR_RCODE_SERVER_FAILURE
inline constexpr std::uint32_t dns_no_name = 0x8007232B;         // 9003 DNS_ERROR_RCODE_NAME_ERROR
inline constexpr std::uint32_t dns_refused = 0x8007232D;         // 9005 DNS_ERROR_RCODE_REFUSED
inline constexpr std::uint32_t host_not_activated = 0xC004F041;  // SL_E_VL_KEY_MANAGEMENT_SERVICE_NOT_ACTIVATED
inline constexpr std::uint32_t not_kms = 0xC004F039;             // SL_E_VL_BINDING_SERVICE_NOT_ENABLED
inline constexpr std::uint32_t not_bound = 0xC004F056;           // SL_E_VL_MACHINE_NOT_BOUND
inline constexpr std::uint32_t no_product_key = 0xC004F014;      // SL_E_PKEY_NOT_INSTALLED
inline constexpr std::uint32_t grace_expired = 0xC004F009;       // SL_E_GRACE_TIME_EXPIRED
inline constexpr std::uint32_t not_genuine = 0xC004F200;         // SL_E_NOT_GENUINE
inline constexpr std::uint32_t key_used_up = 0xC004C008;         // no public symbol
inline constexpr std::uint32_t invalid_name = 0x8007007B;        // ERROR_INVALID_NAME
}  // namespace code

/// Where to look, worded once. Event numbers alone are ambiguous: other providers use 12288 and up, too.
namespace event {
inline constexpr std::string_view client_attempt =
    "Client, Application log, source Microsoft-Windows-Security-SPP, event 12288: one for each host that was tried; "
    "field 1 "
    "is the code of that attempt, field 3 the host and port.";
inline constexpr std::string_view client_no_answer =
    "Client, Application log, source Microsoft-Windows-Security-SPP: no event 12289 follows the 12288, because no "
    "usable "
    "answer came.";
inline constexpr std::string_view client_result =
    "Client, Application log, source Microsoft-Windows-Security-SPP, event 8198: hr= is the code of the activation as "
    "a "
    "whole, SkuId tells Windows from Office.";
inline constexpr std::string_view host_silent =
    "Host, Key Management Service log: no event 12290 with this client's machine id (field 4), because the request "
    "never "
    "arrived.";
inline constexpr std::string_view host_request =
    "Host, Key Management Service log, event 12290: field 1 is the code that the host gave, field 3 the client's name, "
    "field 4 its machine id, field 5 its time.";
inline constexpr std::string_view host_service =
    "Host, Application log, source Microsoft-Windows-Security-SPP: 12291 (KMS could not start, field 1 says why); 903 "
    "without a later 900 or 902 (the service has stopped).";
inline constexpr std::string_view host_published =
    "Host, Application log: 12293 (publishing failed: code and domain) and 12294 (publishing succeeded: domain); the "
    "newest 12294 of a domain should be younger than a day.";
}  // namespace event

}  // namespace diag::check::rule
