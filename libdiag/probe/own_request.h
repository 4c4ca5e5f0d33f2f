#pragma once

#include <expected>
#include <string>

#include "libdiag/session/client_request.h"

namespace diag::probe {

/// The request of this machine: what the settings leave open (a name, a client machine id) is taken from the system, the id
/// from the file in which this installation keeps it. The error is one line for people, fit for a terminal.
std::expected<kms::BaseRequest, std::string> make_own_request(session::ClientSettings settings);

}  // namespace diag::probe
