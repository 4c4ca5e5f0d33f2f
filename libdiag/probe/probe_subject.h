#pragma once

#include "libdiag/probe/target_report.h"
#include "libdiag/report/subject.h"

namespace diag::probe {

/// A target for monitoring: the verdict, and the times of its stages (of the first address that got furthest; medians of a
/// series) as "lookup", "connect", "bind" and "request" in milliseconds, of a series also "loss" in percent.
report::Subject make_subject(const TargetReport& report);

}  // namespace diag::probe
