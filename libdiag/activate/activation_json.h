#pragma once

#include <string>
#include <string_view>

#include "libdiag/activate/activation.h"

namespace diag::activate {

/// Appends one NDJSON line; docs/schema/kms-check.schema.json describes it. `command`: "ato" or "dlv".
void append_json(std::string& out, const Activation& activation, std::string_view command);

}  // namespace diag::activate
