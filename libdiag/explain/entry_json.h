#pragma once

#include <string>
#include <string_view>

#include "libdiag/explain/entry.h"

namespace diag::explain {

/// One line of JSON, as docs/schema/kms-explain.schema.json has it; always in English. `query` is what was asked.
void append_json(std::string& out, const Entry& entry, std::string_view query);

}  // namespace diag::explain
