#include "libdiag/cli/exit_status.h"

#include <utility>

namespace diag::cli {

int exit_status(std::optional<check::Severity> worst, std::optional<check::Severity> fail_on) {
    if (!worst || !fail_on || *worst < *fail_on) return status_ok;
    switch (*worst) {
        case check::Severity::info: return status_ok;
        case check::Severity::warning: return status_warning;
        case check::Severity::critical: return status_critical;
    }
    std::unreachable();
}

}  // namespace diag::cli
