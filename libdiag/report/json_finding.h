#pragma once

#include <span>

#include "libdiag/check/finding.h"
#include "libdiag/report/json_writer.h"

namespace diag::report {

/// "0xC004F074" as a member of the open object; null for 0.
void write_code(JsonWriter& json, std::string_view key, std::uint32_t code);

/// `"findings": [...]` as a member of the open object; each finding as the contract describes it.
void write_findings(JsonWriter& json, std::span<const check::Finding> findings);

}  // namespace diag::report
