#pragma once

#include <functional>
#include <string_view>

#include "tools/kms-refhost/options.h"

namespace diag::refhost {

/// What a run needs of the process around it.
struct Environment {
    std::function<void(std::string_view)> say;    ///< standard error, as it is
    std::function<void(std::string_view)> error;  ///< one line on standard error, without its end
    int output = 1;                               ///< descriptor for events
    bool colored = false;
};

/// Serves until SIGTERM or SIGINT; returns the exit status.
int run(const Options& options, const Environment& environment);

}  // namespace diag::refhost
