#pragma once

#include <span>

#include "libdiag/check/finding.h"
#include "libdiag/report/json_writer.h"

namespace diag::report {

/// `"findings": [...]` as a member of the open object; each finding as the contract describes it.
void write_findings(JsonWriter& json, std::span<const check::Finding> findings);

}  // namespace diag::report
