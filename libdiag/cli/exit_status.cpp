#include "libdiag/cli/exit_status.h"

namespace diag::cli {

int exit_status(std::optional<check::Severity> worst, std::optional<check::Severity> fail_on) {
    const auto alarm = check::alarm_of(worst, fail_on);
    if (!alarm) return status_ok;
    return *alarm == check::Severity::critical ? status_critical : status_warning;
}

}  // namespace diag::cli
