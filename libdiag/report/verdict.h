#pragma once

#include <string>

#include "libdiag/check/verdict.h"
#include "libdiag/report/json_writer.h"
#include "libdiag/report/text.h"

namespace diag::report {

/// The end of a report: each cause as a finding, how often it was seen, and what follows from it. Nothing without causes.
void append_verdict(std::string& out, const check::Verdict& verdict, const Style& style, bool verbose);

/// `"causes": [...]` as a member of the open object: the finding, `seen_count`, and `consequences` in the same form. Behind it
/// `dropped_count`.
void write_causes(JsonWriter& json, const check::Verdict& verdict);

}  // namespace diag::report
