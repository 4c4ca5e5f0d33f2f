#pragma once

#include <string>
#include <vector>

#include "libdiag/check/publish_findings.h"
#include "libdiag/check/srv_findings.h"
#include "libdiag/check/zone_findings.h"
#include "libdiag/probe/target_report.h"

namespace diag::srv {

/// All of a domain. Move-only, as its evidence is.
struct DomainReport {
    session::SrvEvidence evidence;
    std::vector<check::Finding> findings;
    std::vector<double> chances;                ///< of each record to be tried first: Windows 7 and later
    std::vector<double> equal_chances;          ///< the same of Vista and Server 2008
    std::vector<std::size_t> draws;             ///< of --simulate: how many clients tried each record first
    std::optional<session::ZoneEvidence> zone;  ///< of --authoritative and --update-check
    std::optional<session::UpdateTestEvidence> update_test;  ///< of --update-test
    std::vector<probe::TargetReport> reach;  ///< of --reach: one for each record with a usable target, in their order
};

/// "example.test publishes 2 KMS hosts", or the title of the deciding finding.
std::string verdict_text(const DomainReport& report);

}  // namespace diag::srv
