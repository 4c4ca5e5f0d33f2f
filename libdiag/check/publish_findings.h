#pragma once

#include <string>
#include <vector>

#include "libdiag/check/finding.h"
#include "libdiag/session/srv_check.h"
#include "libdiag/session/update_test.h"
#include "libdiag/session/zone_check.h"
#include "libdiag/windows/events.h"

namespace diag::check {

/// "kms01.corp.example could not publish itself in corp.example".
std::string publish_title(const windows::Publication& publication);

/// Sets what a host's event log says of its publication in a domain (12293, 12294) beside what DNS says now; `evidence`: of
/// that domain. Nothing when they agree.
std::vector<Finding> check_publication(const windows::Publication& publication, const session::SrvEvidence& evidence);

/// Name servers of a zone that do not serve it, lag, or say something else; a primary that updates cannot reach.
std::vector<Finding> check_zone(const session::ZoneEvidence& evidence);

/// A zone that takes an unsigned update. `domain`: what the finding is about.
std::vector<Finding> check_update_test(const session::UpdateTestEvidence& evidence, const std::string& domain);

/// "unsigned update of one prerequisite (_kms-check-1f.corp.test is not in use) and no change: NOERROR from 192.0.2.1:53 over UDP".
std::string step_text(const session::UpdateTestStep& step, const session::UpdateTestEvidence& evidence);

}  // namespace diag::check
