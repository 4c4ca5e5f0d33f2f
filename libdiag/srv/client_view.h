#pragma once

#include <string>
#include <vector>

#include "libdiag/session/client_domains.h"
#include "libdiag/srv/domain_report.h"

namespace diag::srv {

/// What the domains that one client asks come to together.
struct ClientView {
    std::vector<session::Candidate> candidates;  ///< one for each report, in their order
    std::vector<DomainReport> reports;
};

/// The first documented candidate that names a host: where the client stops searching; nullptr when none does.
const DomainReport* found_in(const ClientView& view);

/// Takes back what is no trouble for this client: a domain without a record while a later one has it, and all that is wrong
/// with domains behind the one that ends the search. Assumed candidates never are trouble; where only one of them has a record
/// that is said.
void judge_client(ClientView& view);

/// Of a client that has no domain to ask: nothing is asked, and one finding says so.
DomainReport report_without_domain();

/// "a client finds kms1.example.test:1688 under example.test (the primary DNS suffix)".
std::string verdict_text(const ClientView& view);

}  // namespace diag::srv
