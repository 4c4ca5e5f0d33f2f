#pragma once

#include <string>
#include <vector>

#include "libdiag/check/row.h"
#include "libdiag/session/srv_check.h"
#include "libdiag/session/update_test.h"
#include "libdiag/windows/events.h"

namespace diag::check {

/// "kms01.corp.example could not publish itself in corp.example".
std::string publish_title(const windows::Publication& publication);

/// What a host's event log says of its publication in a domain, and what DNS says of that domain now.
struct PublicationEvidence {
    const windows::Publication& publication;
    const session::SrvEvidence& dns;
    bool is_in_dns;  ///< the host is
};
std::span<const Row<PublicationEvidence>> publication_rows();

/// Sets what a host's event log says of its publication in a domain (12293, 12294) beside what DNS says now; `evidence`: of
/// that domain. Nothing when they agree.
std::vector<Finding> check_publication(const windows::Publication& publication, const session::SrvEvidence& evidence);

/// A test whether a zone takes unsigned updates.
struct UpdateEvidence {
    const session::UpdateTestEvidence& test;
    const std::string& domain;  ///< what the findings are about
};
std::span<const Row<UpdateEvidence>> update_rows();

/// A zone that takes an unsigned update. `domain`: what the finding is about.
std::vector<Finding> check_update_test(const session::UpdateTestEvidence& evidence, const std::string& domain);

/// "unsigned update of one prerequisite (_kms-check-1f.corp.test is not in use) and no change: NOERROR from 192.0.2.1:53 over UDP".
std::string step_text(const session::UpdateTestStep& step, const session::UpdateTestEvidence& evidence);

}  // namespace diag::check
