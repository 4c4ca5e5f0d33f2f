#pragma once

#include <string>

#include "libdiag/check/verdict.h"

namespace diag::decode {

/// The last line of a run: what all its findings come to (docs/schema/kms-decode.schema.json, `verdict`).
void append_verdict_json(std::string& out, const check::Verdict& verdict);

}  // namespace diag::decode
