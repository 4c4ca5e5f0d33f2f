#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "libdiag/cli/common_options.h"
#include "libdiag/probe/prober.h"
#include "libdiag/session/client_request.h"

namespace diag::probe_tool {

/// What the command line asks for.
struct Options {
    bool help = false;
    bool version = false;
    bool product_list = false;
    std::vector<probe::Target> targets;      ///< of the command line
    std::optional<std::string> target_file;  ///< more of them; "-" is standard input
    std::uint16_t port = 1688;               ///< of targets that name none
    probe::ProbeSettings settings;
    std::optional<session::ClientSettings> request;  ///< --request
    std::optional<std::string> keys_file;
    cli::Format format = cli::Format::text;
    cli::Color color = cli::Color::automatic;
    cli::Loudness loudness;
    std::optional<check::Severity> fail_on = check::Severity::warning;
};

/// Parses the command line; the error is one line that says what is wrong.
std::expected<Options, std::string> parse_options(int argc, const char* const* argv);

/// What --help prints.
std::string help_text();

}  // namespace diag::probe_tool
