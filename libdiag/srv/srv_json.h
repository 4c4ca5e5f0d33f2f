#pragma once

#include <string>

#include "libdiag/srv/domain_report.h"

namespace diag::srv {

/// Appends one NDJSON line for a domain; docs/schema/kms-srv.schema.json describes it.
void append_json(std::string& out, const DomainReport& report);

}  // namespace diag::srv
