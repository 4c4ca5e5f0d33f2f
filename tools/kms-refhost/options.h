#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "libdiag/cli/common_options.h"
#include "libdiag/net/host_server.h"
#include "libdiag/session/fault.h"

namespace diag::refhost {

/// What command line and configuration file ask for. All of it is valid: the host can start.
struct Options {
    bool help = false;
    bool version = false;
    bool fault_list = false;     ///< --fault list
    bool host_key_list = false;  ///< --host-key list
    session::HostSettings host;
    net::ServerSettings server;
    net::PublishSettings publish;  ///< port 0 in a service: that on which the host listens
    std::vector<session::Fault> faults;
    std::optional<std::string> state_file;
    std::optional<std::string> event_log_file;  ///< instead of standard output
    bool json = false;                          ///< events as JSON
    cli::Color color = cli::Color::automatic;
    bool quiet = false;
    bool verbose = false;
};

/// Parses the command line and the file that --config names; the error is one line that says what is wrong.
std::expected<Options, std::string> parse_options(int argc, const char* const* argv);

/// What --help prints.
std::string help_text();

}  // namespace diag::refhost
