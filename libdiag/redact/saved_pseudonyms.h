#pragma once

#include "libdiag/redact/pseudonyms.h"
#include "libdiag/slmgr/read_saved.h"

namespace diag::redact {

/// A saved output with pseudonyms for machine ids, names and addresses, extended PIDs of host and client, objects of
/// Active Directory, tokens and installation ids; the same as in captures and event logs. The end of a product key
/// stays where it is that of a public setup key. Web addresses are dropped, and so are values that nobody could read.
///
/// As they are: names, descriptions, ids and versions of products, dates, counts and intervals.
slmgr::SavedOutput redacted(slmgr::SavedOutput saved, const Pseudonyms& pseudonyms);

}  // namespace diag::redact
