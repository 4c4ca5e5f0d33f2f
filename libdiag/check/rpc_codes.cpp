#include "libdiag/check/rpc_codes.h"

#include <fmt/format.h>

#include "libdiag/proto/kms/error_codes.h"

namespace diag::check {
namespace {

constexpr std::uint32_t win32_facility = 0x80070000;

std::uint32_t as_hresult(const kms::ErrorCode* error) {
    return error == nullptr || error->win32 == 0 ? 0 : win32_facility | error->win32;
}

}  // namespace

std::uint32_t inner_code_of_fault(std::uint32_t status) { return as_hresult(kms::find_error(status)); }

std::uint32_t inner_code_of_nak(std::uint16_t reject_reason) {
    const auto* known = kms::find_rpc_refusal(fmt::format("bind_nak:0x{:04X}", reject_reason));
    return as_hresult(known != nullptr ? known : kms::find_rpc_refusal("bind_nak:0x0000"));
}

std::uint32_t inner_code_of_rejection(std::uint16_t result, std::uint16_t reason) {
    const auto* known = kms::find_rpc_refusal(fmt::format("bind_ack:{}/{}", result, reason));
    return as_hresult(known != nullptr ? known : kms::find_rpc_refusal("bind_ack:2/0"));
}

}  // namespace diag::check
