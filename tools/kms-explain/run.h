#pragma once

#include <functional>
#include <optional>
#include <string>

#include "libdiag/base/bytes.h"
#include "libdiag/cli/output.h"
#include "tools/kms-explain/options.h"

namespace diag::explain_tool {

/// What a run needs of the process around it.
struct Environment {
    cli::Output& out;
    bool colored = false;
    /// The next bytes of the log, empty at its end; nullopt when it cannot be read, which was told already. Valid until the
    /// next call.
    std::function<std::optional<Bytes>()> read_log;
};

/// Explains, lists, searches or annotates; returns the exit status.
int run(const Options& options, const Environment& environment);

std::string version_text();

}  // namespace diag::explain_tool
