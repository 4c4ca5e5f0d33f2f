#pragma once

#include <span>
#include <string>

#include "libdiag/check/finding.h"
#include "libdiag/check/outcome.h"
#include "libdiag/dissect/conversation.h"
#include "libdiag/dissect/tracker.h"

namespace diag::decode {

/// Appends one NDJSON line for a conversation; docs/schema/kms-decode.schema.json describes it.
void append_json(std::string& out, const dissect::Conversation& conversation, check::Outcome outcome,
                 std::span<const check::Finding> findings, std::string_view capture);

/// The same for what concerns a capture as a whole. `statistics` adds counters and rates.
void append_capture_json(std::string& out, std::string_view capture, const dissect::TrackerStatistics& counters,
                         std::span<const check::Finding> findings, bool statistics, double seconds);

}  // namespace diag::decode
