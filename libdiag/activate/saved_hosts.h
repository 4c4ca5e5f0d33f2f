#pragma once

#include <span>

#include "libdiag/check/saved_hosts.h"
#include "libdiag/discover/discovery.h"
#include "libdiag/slmgr/dlv.h"

namespace diag::activate {

/// What DNS was asked for a saved output.
struct HostLookup {
    discover::Discovery discovery;  ///< of the domain of the settings
    check::HostEvidence evidence;
};

struct HostLookupSettings {
    discover::DiscoverySettings discovery;  ///< with a domain; its servers are asked for addresses as well
    bool v4 = true;
    bool v6 = true;
};

/// Asks DNS for the hosts of the domain, and for the addresses of these and of the hosts that the products name.
HostLookup look_up_hosts(std::span<const slmgr::Dlv> products, const HostLookupSettings& settings);

}  // namespace diag::activate
