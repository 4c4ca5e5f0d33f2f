#pragma once

#include <optional>

#include "libdiag/base/time.h"
#include "libdiag/slmgr/dlv.h"

namespace diag::slmgr {

/// When a KMS client was activated last, at the earliest: what is missing from 180 days ("Volume activation expiration", in minutes)
/// before "Trusted time". That is local time in the date format of the machine: of all readings of day and month the earliest
/// counts, in the zone that makes it earliest. nullopt for a product that is not licensed, or lacks one of the two.
std::optional<Timestamp> last_renewal(const Dlv& dlv);

}  // namespace diag::slmgr
