#pragma once

#include <atomic>
#include <string_view>

#include "tools/kms-decode/options.h"

namespace diag::tool {

/// What a run needs of the process around it.
struct Environment {
    decode::Write write_result;                         ///< standard output
    std::function<void(std::string_view)> write_error;  ///< one line on standard error, without its end
    bool error_is_terminal = false;                     ///< progress may be shown
    const std::atomic<bool>* stop = nullptr;            ///< set by SIGINT and SIGTERM
};

/// Does what the options ask for; returns the exit status. What could be read is printed even when an input fails.
int run(const Options& options, const Environment& environment);

}  // namespace diag::tool
