#pragma once

#include <expected>
#include <functional>
#include <span>
#include <string>

#include "libdiag/base/uuid.h"

namespace diag::state {

/// Where the client machine id of this installation is kept: $XDG_STATE_HOME/kms-diagnostics/client-machine-id, or below
/// ~/.local/state (XDG Base Directory Specification). The error says which variable is missing.
std::expected<std::string, std::string> client_machine_id_path();

/// The id in this file. Where there is none yet, a random one (version 4, RFC 9562) is written there first, folders included:
/// requests always carry the same id, so that a host counts this installation once. What is no id is left alone. The error is
/// one line for people.
std::expected<Uuid, std::string> load_client_machine_id(const std::string& path,
                                                        const std::function<void(std::span<std::uint8_t>)>& random);

}  // namespace diag::state
