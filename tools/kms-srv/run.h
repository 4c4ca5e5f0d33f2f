#pragma once

#include <atomic>

#include "libdiag/cli/output.h"
#include "tools/kms-srv/options.h"

namespace diag::srv_tool {

/// What a run needs of the process around it.
struct Environment {
    cli::Output& out;
    bool colored = false;
    bool error_is_terminal = false;  ///< shows progress
    const std::atomic<bool>* stop = nullptr;
};

/// Checks all domains; returns the exit status.
int run(Options options, const Environment& environment);

std::string version_text();

}  // namespace diag::srv_tool
