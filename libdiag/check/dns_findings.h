#pragma once

#include <vector>

#include "libdiag/check/finding.h"
#include "libdiag/dissect/dns_search.h"

namespace diag::check {

/// What is to be said of a client's search for a KMS host in DNS, by the rules that judge our own searches (srv_findings.h):
/// nothing of what the packets cannot tell. Most important first.
std::vector<Finding> check_dns(const dissect::DnsSearch& search);

}  // namespace diag::check
