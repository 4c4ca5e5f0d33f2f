#pragma once

#include "libdiag/redact/pseudonyms.h"
#include "libdiag/windows/kms_events.h"

namespace diag::redact {

/// The events of a log with pseudonyms for machine ids, and for names and addresses of clients, hosts and domains; the
/// same as in captures and saved output, so that they can be joined with these. Times, codes, products and counts stay,
/// and so does the name of the log's file, which is the user's own word for it. A trigger that is none of Windows' own
/// words is dropped.
windows::KmsLog redacted(windows::KmsLog log, const Pseudonyms& pseudonyms);

}  // namespace diag::redact
