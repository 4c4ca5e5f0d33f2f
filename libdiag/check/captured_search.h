#pragma once

#include "libdiag/dissect/dns_search.h"
#include "libdiag/session/srv_evidence.h"

namespace diag::check {

/// A search in a capture in the form of one that we made ourselves, so that one judge serves both. Look-ups of which nobody can
/// know yet how they end are left out, and so are those that were asked again with success.
session::SrvEvidence evidence_of(const dissect::DnsSearch& search);

}  // namespace diag::check
