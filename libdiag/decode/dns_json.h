#pragma once

#include <span>
#include <string>

#include "libdiag/check/finding.h"
#include "libdiag/dissect/dns_search.h"

namespace diag::decode {

/// Appends one NDJSON line for a search of the service record; docs/schema/kms-decode.schema.json describes it.
void append_json(std::string& out, const dissect::DnsSearch& search, std::span<const check::Finding> findings,
                 std::string_view capture);

}  // namespace diag::decode
