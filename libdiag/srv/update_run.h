#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libdiag/session/update_test.h"

namespace diag::srv {

struct SrvSettings;

/// The domain of an owner name: what is behind "_vlmcs._tcp", else the name itself.
dns::DomainName domain_of(const dns::DomainName& owner);

/// Which of the domains the update test of `name` belongs to: the longest that it is in; nullopt when it is in none.
std::optional<std::size_t> domain_of_update(const dns::DomainName& name, const std::vector<std::string>& domains);

/// Holds session::UpdateTest; nullopt when it was stopped.
std::optional<session::UpdateTestEvidence> test_update(const dns::DomainName& name, const SrvSettings& settings);

/// What is known in the end, as a sentence: "unsigned updates of this machine are refused, as they should be".
std::string conclusion(const session::UpdateTestEvidence& evidence);

}  // namespace diag::srv
