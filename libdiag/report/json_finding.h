#pragma once

#include <span>

#include "libdiag/check/finding.h"
#include "libdiag/report/json_writer.h"

namespace diag::report {

/// "0xC004F074" as a member of the open object; null for 0.
void write_code(JsonWriter& json, std::string_view key, std::uint32_t code);

/// The object of one finding, as the contract describes it. `because_of`: the one of which it is a consequence.
void write_finding(JsonWriter& json, const check::Finding& finding, const check::Rule* because_of = nullptr);

/// `"findings": [...]` as a member of the open object.
void write_findings(JsonWriter& json, std::span<const check::Finding> findings);

}  // namespace diag::report
