#pragma once

#include <vector>

#include "libdiag/check/row.h"
#include "libdiag/dissect/dns_search.h"
#include "libdiag/session/srv_evidence.h"

namespace diag::check {

/// A search, and the form of it that the rows for our own searches judge (captured_search.h).
struct CapturedSearch {
    const dissect::DnsSearch& search;
    const session::SrvEvidence& evidence;
};
/// What keeps a captured search from being judged.
std::span<const Row<CapturedSearch>> captured_search_rows();

/// What is to be said of a client's search for a KMS host in DNS, by the rules that judge our own searches (srv_findings.h):
/// nothing of what the packets cannot tell. Most important first.
std::vector<Finding> check_dns(const dissect::DnsSearch& search);

}  // namespace diag::check
