#pragma once

#include <atomic>

#include "libdiag/cli/output.h"
#include "tools/kms-check/options.h"

namespace diag::check_tool {

/// What a run needs of the process around it.
struct Environment {
    cli::Output& out;
    bool colored = false;
    const std::atomic<bool>* stop = nullptr;
};

/// Does the check; returns the exit status.
int run(Options options, const Environment& environment);

std::string version_text();

}  // namespace diag::check_tool
