#pragma once

#include <array>
#include <string>

#include "libdiag/base/time.h"
#include "libdiag/base/uuid.h"
#include "libdiag/proto/kms/base_request.h"

namespace diag::session {

/// What a KMS host logs of one request: event 12290, "An activation request has been processed". The fields in the order of
/// the event; of a request that could not be read all but the first two members are empty or zero.
struct Event12290 {
    Timestamp logged_at;  ///< host time; of the log entry, not among its nine fields
    std::uint32_t hresult = 0;
    std::uint32_t required_client_count = 0;
    std::string workstation_name;  ///< text of a peer: escape it before it reaches a terminal
    Uuid client_machine_id;
    Filetime client_time;
    std::uint32_t virtual_machine = 0;
    std::uint32_t license_status = 0;
    std::uint32_t binding_expiration_minutes = 0;
    Uuid activation_id;
};

/// `base`: nullptr for a request that could not be read.
Event12290 make_event(Timestamp logged_at, std::uint32_t hresult, const kms::BaseRequest* base);

/// The nine fields as text, in order; the log has them separated by commas: HRESULT "0x0" or "0xC004F042", count, name,
/// machine id, time "2026/11/23 20:09" in UTC, VM flag, license status, minutes, activation id.
std::array<std::string, 9> event_fields(const Event12290& event);

}  // namespace diag::session
