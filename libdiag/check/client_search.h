#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/check/row.h"
#include "libdiag/session/client_domains.h"

// What the domains that one client asks, one after the other, come to.

namespace diag::check {

/// The findings of a domain that a client asked before `found`, which has the record.
struct PassedOver {
    const Finding& finding;
    const std::string& found;
};
std::span<const Row<PassedOver>> passed_over_rows();

/// That the domain has no record is no trouble; what kept DNS from answering for it stops nobody, and becomes a warning
/// (KMS-DNS-SUFFIX-FAILED) with what failed as evidence.
void pass_over(std::vector<Finding>& findings, const std::string& found);

/// Which domains a client asks, by its settings.
struct ClientDomains {
    std::span<const session::Candidate> candidates;
    std::string_view target;  ///< what the findings are about
};
std::span<const Row<ClientDomains>> client_domain_rows();

std::vector<Finding> check_client_domains(const ClientDomains& domains);

/// Where nobody is documented to look there is a record: evidence of what is missing elsewhere.
void note_elsewhere(std::vector<Finding>& findings, const session::Candidate& elsewhere);

/// "the primary DNS suffix"
std::string_view describe(session::Candidate::Source source);

}  // namespace diag::check
