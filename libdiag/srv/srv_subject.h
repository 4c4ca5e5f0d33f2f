#pragma once

#include "libdiag/report/subject.h"
#include "libdiag/srv/domain_report.h"

namespace diag::srv {

/// A domain for monitoring: the verdict, "lookup" in milliseconds, "hosts" that are published.
report::Subject make_subject(const DomainReport& report);

}  // namespace diag::srv
