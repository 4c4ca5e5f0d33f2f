#pragma once

#include "libdiag/decode/correlation_report.h"

namespace diag::decode {

/// Append one NDJSON line each, kinds `client`, `host` and `correlation`; docs/schema/kms-decode.schema.json describes them.
void append_json(std::string& out, const ClientReport& report, const correlate::Correlation& correlation);
void append_json(std::string& out, const HostReport& report, const correlate::Correlation& correlation);
void append_json(std::string& out, std::span<const check::Finding> findings, const correlate::Correlation& correlation);

}  // namespace diag::decode
