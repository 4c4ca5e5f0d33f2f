#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "libdiag/cli/common_options.h"
#include "libdiag/discover/discovery.h"
#include "libdiag/probe/prober.h"
#include "libdiag/session/client_request.h"

namespace diag::probe_tool {

/// What the command line asks for.
struct Options : cli::OutputOptions {
    bool help = false;
    bool version = false;
    bool product_list = false;
    std::vector<probe::Target> targets;                    ///< of the command line
    std::optional<std::string> target_file;                ///< more of them; "-" is standard input
    std::optional<discover::DiscoverySettings> discovery;  ///< no target is named: DNS is asked for hosts
    std::uint16_t port = 1688;                             ///< of targets that name none
    probe::ProbeSettings settings;
    std::optional<session::ClientSettings> request;  ///< --request
    std::optional<std::string> keys_file;
};

/// Parses the command line; the error is one line that says what is wrong.
std::expected<Options, std::string> parse_options(int argc, const char* const* argv);

/// What --help prints.
std::string help_text();

}  // namespace diag::probe_tool
