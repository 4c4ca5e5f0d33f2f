#pragma once

#include <string>

#include "libdiag/probe/target_report.h"

namespace diag::probe {

/// Appends one NDJSON line for a target; docs/schema/kms-probe.schema.json describes it.
void append_json(std::string& out, const TargetReport& report);

}  // namespace diag::probe
