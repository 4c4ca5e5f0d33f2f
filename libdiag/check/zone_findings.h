#pragma once

#include <vector>

#include "libdiag/check/row.h"
#include "libdiag/session/zone_check.h"

namespace diag::check {

std::span<const Row<session::ZoneEvidence>> zone_rows();

/// Name servers of a zone that do not serve it, lag, or say something else; a primary that updates cannot reach.
std::vector<Finding> check_zone(const session::ZoneEvidence& evidence);

}  // namespace diag::check
