#pragma once

#include <expected>
#include <optional>
#include <string>

#include "libdiag/activate/activation.h"
#include "libdiag/cli/common_options.h"
#include "libdiag/session/client_request.h"

namespace diag::check_tool {

enum class Command : std::uint8_t { ato, dlv };

/// What the command line asks for.
struct Options : cli::OutputOptions {
    bool help = false;
    bool version = false;
    bool product_list = false;
    Command command = Command::ato;
    std::optional<std::string> from;  ///< a saved output instead of a host; "-" is standard input
    activate::ActivationSettings settings;
    session::ClientSettings client;
    std::optional<std::string> keys_file;
};

/// Parses the command line; the error is one line that says what is wrong.
std::expected<Options, std::string> parse_options(int argc, const char* const* argv);

/// What --help prints.
std::string help_text();

}  // namespace diag::check_tool
