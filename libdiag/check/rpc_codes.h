#pragma once

#include <cstdint>

// What a Windows client makes of a refusal by RPC: the code in its event 12288 (libdiag/data/errors.csv, MS-RPCE 3.3.1.5.7).

namespace diag::check {

/// Of the status of a fault PDU; 0 where the mapping is not known.
std::uint32_t inner_code_of_fault(std::uint32_t status);

/// Of the reason of a bind_nak.
std::uint32_t inner_code_of_nak(std::uint16_t reject_reason);

/// Of the result and reason with which a bind_ack rejects a context.
std::uint32_t inner_code_of_rejection(std::uint16_t result, std::uint16_t reason);

}  // namespace diag::check
