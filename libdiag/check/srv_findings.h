#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libdiag/check/finding.h"
#include "libdiag/session/srv_check.h"

namespace diag::check {

/// A host that may be published, from --expect or a policy.
struct ExpectedHost {
    std::string name;                   ///< without a final dot
    std::optional<std::uint16_t> port;  ///< any, if none is given
};

/// Everything that is worth saying about what DNS publishes for a domain, most important first; a sound publication gives
/// nothing above info. `expected`: empty when nobody said who is authorised.
std::vector<Finding> check_srv(const session::SrvEvidence& evidence, const std::vector<ExpectedHost>& expected);

/// "There is no record here": no trouble for a client that finds one under a later domain.
bool is_missing_record(const Finding& finding);

/// What decides comes first: by severity, then DNS that fails before a record that is missing, for it may be where DNS fails.
std::pair<Severity, bool> rank_of(const Finding& finding);

}  // namespace diag::check
