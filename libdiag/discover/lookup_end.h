#pragma once

#include "libdiag/session/name_evidence.h"
#include "libdiag/session/srv_check.h"

namespace diag::discover {

/// What came of the search in one word, which the look-ups of addresses have as well.
session::NameEnd end_of(const session::SrvEvidence& evidence);

/// Of all questions, one after the other.
std::chrono::nanoseconds duration_of(const session::SrvEvidence& evidence);

}  // namespace diag::discover
