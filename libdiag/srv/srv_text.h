#pragma once

#include <string>

#include "libdiag/report/text.h"
#include "libdiag/srv/domain_report.h"

namespace diag::srv {

/// A domain for people: verdict, each question with its answer, each host with its chance and addresses, findings. At most 80
/// columns.
void append_text(std::string& out, const DomainReport& report, const report::Style& style, bool verbose);

}  // namespace diag::srv
