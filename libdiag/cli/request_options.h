#pragma once

#include "libdiag/cli/command_line.h"
#include "libdiag/session/client_request.h"

// The options of tools that send requests: what the client says of itself.

namespace diag::cli {

/// --product, --protocol, --license-status, --grace-minutes, --workstation, --vm, --cmid, --previous-cmid.
void add_request_options(po::options_description& options);

/// What they ask for. Without --cmid client_machine_id stays nil: it is that of the installation (state/client_machine_id.h).
std::expected<session::ClientSettings, std::string> request_settings_of(const po::variables_map& map);

/// A line for each product that a KMS host activates: activation id, protocol version, clients needed, name; by
/// name.
std::string product_list();

}  // namespace diag::cli
