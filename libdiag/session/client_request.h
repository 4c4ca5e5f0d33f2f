#pragma once

#include <expected>
#include <string>

#include "libdiag/proto/kms/base_request.h"

namespace diag::session {

/// What a client says of itself and of the product that it wants activated.
struct ClientSettings {
    Uuid activation_id;                 ///< of a product in the catalogue
    std::optional<MinorMajor> version;  ///< of the protocol; without it the newest that the product speaks
    std::uint32_t license_status = 2;   ///< initial grace, as a machine that was never activated
    std::uint32_t binding_expiration_minutes = 43'200;
    bool virtual_machine = false;
    std::string workstation_name;  ///< UTF-8, at most 63 UTF-16 units
    Uuid client_machine_id;
    Uuid previous_client_machine_id;
};

/// The request of these settings, with application id, counted id and required client count as the catalogue has them for
/// the product: no request asks for more than the product's own rule. Its time is still 0. The error is one line for people:
/// an unknown product, a product that no host activates, a version that is none, a name that is too long, a nil machine id.
std::expected<kms::BaseRequest, std::string> make_request(const ClientSettings& settings);

}  // namespace diag::session
