#pragma once

#include <span>
#include <string>

#include "libdiag/check/event_join.h"
#include "libdiag/check/finding.h"
#include "libdiag/report/text.h"

// The timelines that kms-decode --events prints: one for each client, with a step for each of its requests, in which the events of
// both sides and the packets stand together.

namespace diag::decode {

/// How much is printed; what is left out is counted.
namespace timeline_limits {
inline constexpr std::size_t client_count = 1'000;       ///< those in trouble first
inline constexpr std::size_t text_step_count = 20;       ///< of a client, the newest; without --verbose
inline constexpr std::size_t step_count = 1'000;         ///< of a client, the newest
inline constexpr std::size_t publication_count = 1'000;  ///< the newest
}  // namespace timeline_limits

/// Which clients are printed, in order: those whose last word is trouble first, else as they are. `quiet`: only those.
std::vector<const check::ClientHistory*> clients_to_print(const check::JoinedEvents& events, bool quiet);

/// "2 logs, 40 events of KMS, 3 clients": what was read.
std::string events_summary(const check::JoinedEvents& events);

void append_timeline_text(std::string& out, const check::JoinedEvents& events, const check::ClientHistory& client,
                          const report::Style& style, bool verbose);
/// The publications and findings, behind the timelines.
void append_events_text(std::string& out, const check::JoinedEvents& events, std::span<const check::Finding> findings,
                        const report::Style& style, bool verbose);

/// One line of NDJSON each, of the kinds `timeline` and `events`.
void append_timeline_json(std::string& out, const check::JoinedEvents& events, const check::ClientHistory& client);
void append_events_json(std::string& out, const check::JoinedEvents& events, std::span<const check::Finding> findings);

}  // namespace diag::decode
