#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "libdiag/cli/common_options.h"
#include "libdiag/session/client_domains.h"
#include "libdiag/srv/srv_run.h"

namespace diag::srv_tool {

/// What the command line asks for.
struct Options : cli::OutputOptions {
    bool help = false;
    bool version = false;
    std::vector<std::string> domains;  ///< of the command line
    std::optional<std::string> target_file;
    std::optional<std::string> policy_file;
    std::optional<session::ClientDns> client;  ///< the client whose view is wanted; without domains this machine's
    std::optional<std::string> ipconfig_file;  ///< it is described by a saved ipconfig /all
    std::optional<std::string> event_file;     ///< the exported event log of a host
    std::optional<std::chrono::milliseconds> watch;  ///< repeat, and print only what changed
    bool explain = false;                            ///< say why each domain is asked
    srv::SrvSettings settings;                       ///< its servers are those of --server; none: those of this machine
};

/// Parses the command line; the error is one line that says what is wrong.
std::expected<Options, std::string> parse_options(int argc, const char* const* argv);

/// Domains, one a line, as of --targets. The error names the line.
std::expected<std::vector<std::string>, std::string> parse_domains(std::string_view text);

/// Authorised hosts, HOST[:PORT] one a line, as of --policy.
std::expected<std::vector<check::ExpectedHost>, std::string> parse_policy(std::string_view text);

/// What --help prints.
std::string help_text();

}  // namespace diag::srv_tool
