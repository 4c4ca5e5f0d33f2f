#include "libdiag/proto/dcerpc/names.h"

namespace diag::dcerpc {
namespace {

std::string name_or_number(std::span<const Name> names, std::uint16_t reason) {
    const std::string_view name = diag::name_of(names, reason);
    return name.empty() ? "reason " + std::to_string(reason) : std::string{name};
}

}  // namespace

std::string name_of(PduType type) {
    const auto number = static_cast<std::uint8_t>(type);
    const std::string_view name = diag::name_of(pdu_type_names, number);
    return name.empty() ? "unknown(" + std::to_string(number) + ")" : std::string{name};
}

std::string describe_reject_reason(std::uint16_t reason) { return name_or_number(reject_reason_names, reason); }

std::string describe_reason(std::uint16_t reason) { return name_or_number(provider_reason_names, reason); }

std::string_view fault_status_text(std::uint32_t status) {
    const std::string_view name = diag::name_of(fault_status_names, status);
    return name.empty() ? "unknown status" : name;
}

}  // namespace diag::dcerpc
