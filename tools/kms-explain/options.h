#pragma once

#include <expected>
#include <string>
#include <vector>

#include "libdiag/cli/common_options.h"
#include "libdiag/explain/entry.h"

namespace diag::explain_tool {

enum class Action : std::uint8_t { explain, list, search, annotate };

/// What the command line asks for.
struct Options : cli::OutputOptions {
    bool help = false;
    bool version = false;
    Action action = Action::explain;
    std::vector<std::string> words;    ///< to explain or to search for
    std::vector<explain::Kind> kinds;  ///< to list
};

/// Parses the command line; the error is one line that says what is wrong. `has_log`: standard input is no terminal, so
/// that without any word it is what to explain.
std::expected<Options, std::string> parse_options(int argc, const char* const* argv, bool has_log);

/// What --help prints.
std::string help_text();

}  // namespace diag::explain_tool
