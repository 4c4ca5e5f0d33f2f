#pragma once

#include <chrono>
#include <span>

#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/proto/kms/message.h"

namespace diag::session {

/// What a host knows when it judges a request.
struct RequestRuling {
    Filetime host_time;
    std::chrono::minutes max_clock_difference{0};
    std::span<const std::string> host_key_ids;  ///< those that are installed
};

/// The HRESULT for a request, 0 when it may be counted. In the order of protocol.md 9, with everything verified that the
/// protocol has for it: version, size, MAC or padding and inner version, required count, time, product and application.
///
/// A request under a foreign key cannot be told from a damaged one: 0x8007000D, invalid data.
std::uint32_t check_request(const kms::Request& request, const RequestRuling& ruling);

/// Index of the first of these host keys that activates the counted id; their number when none does.
std::size_t find_activating_key(const kms::KmsItem& item, std::span<const std::string> host_key_ids);

}  // namespace diag::session
