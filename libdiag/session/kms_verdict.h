#pragma once

#include <optional>

#include "libdiag/proto/dcerpc/stub.h"
#include "libdiag/proto/kms/codec.h"

namespace diag::session {

/// HRESULTs that travel, or that a client makes itself (protocol.md 9).
namespace hresult {
inline constexpr std::uint32_t success = 0;
inline constexpr std::uint32_t access_denied = 0x80070005;
inline constexpr std::uint32_t invalid_data = 0x8007000D;
inline constexpr std::uint32_t not_enough_count = 0xC004F038;     ///< SL_E_VL_NOT_ENOUGH_COUNT, of the client
inline constexpr std::uint32_t product_not_covered = 0xC004F042;  ///< SL_E_VL_KEY_MANAGEMENT_SERVICE_ID_MISMATCH
inline constexpr std::uint32_t invalid_timestamp = 0xC004F06C;    ///< SL_E_VL_INVALID_TIMESTAMP
inline constexpr std::uint32_t list_full = 0xC004D104;
}  // namespace hresult

/// What a client makes of a request of its own.
enum class KmsVerdict : std::uint8_t {
    no_answer,         ///< no response came: the RPC step says why
    bad_stub,          ///< a response came whose stub does not decode
    refused,           ///< the host gave an HRESULT instead of a message
    protected_answer,  ///< a message that our key profile does not open: nothing is known of it
    rejected,          ///< a message that a client turns down: a check that decides has failed
    not_enough_count,  ///< fine, and the count is below what the product needs
    activated,         ///< what a client would take for an activation
};

/// "no_answer", "bad_stub" ...: for JSON.
std::string_view name_of(KmsVerdict verdict);

struct KmsAnswer {
    KmsVerdict verdict = KmsVerdict::no_answer;
    std::optional<std::uint32_t> return_code;  ///< the host's
    std::optional<kms::Response> response;     ///< with its checks; of a message
    std::optional<WireError> error;            ///< bad_stub
};

/// Judges the stub of a response as a client does (protocol.md 3, 8.1). `request`: what was asked, as decoded by `codec`.
KmsAnswer judge_answer(kms::Codec& codec, const kms::Request& request, Bytes stub, dcerpc::Syntax syntax,
                       std::endian order);

}  // namespace diag::session
