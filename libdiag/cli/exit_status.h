#pragma once

#include <optional>

#include "libdiag/check/finding.h"

namespace diag::cli {

/// What a tool ends with, as monitoring plugins do.
inline constexpr int status_ok = 0;
inline constexpr int status_warning = 1;
inline constexpr int status_critical = 2;
inline constexpr int status_failed = 3;  ///< the tool could not do its work: usage, unreadable input, no permission

/// The status for findings of which `worst` is the worst. `fail_on`: from which severity on it is not 0; without one
/// (--fail-on never) findings do not change it.
int exit_status(std::optional<check::Severity> worst, std::optional<check::Severity> fail_on);

}  // namespace diag::cli
