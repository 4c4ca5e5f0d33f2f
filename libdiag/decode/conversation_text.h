#pragma once

#include <span>
#include <string>

#include "libdiag/check/finding.h"
#include "libdiag/check/outcome.h"
#include "libdiag/dissect/conversation.h"
#include "libdiag/dissect/tracker.h"
#include "libdiag/report/text.h"

namespace diag::decode {

/// The outcome in words that fit the conversation: "every request was answered" alone would be an odd thing to say of none, and of
/// requests that were refused.
std::string describe_outcome(const dissect::Conversation& conversation, check::Outcome outcome);

/// Appends the readable block of a conversation: who, when, how long, what was asked and answered, what is wrong.
void append_text(std::string& out, const dissect::Conversation& conversation, check::Outcome outcome,
                 std::span<const check::Finding> findings, std::string_view capture, const report::Style& style,
                 bool verbose);

/// Counters and rates of a capture (`--stats`).
void append_statistics(std::string& out, const dissect::TrackerStatistics& counters, double seconds);

}  // namespace diag::decode
