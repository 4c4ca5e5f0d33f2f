#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "libdiag/probe/targets.h"
#include "libdiag/session/name_evidence.h"

namespace diag::activate {

/// Where a client would look for hosts.
struct DiscoverySettings {
    std::optional<probe::Target> host;  ///< given: DNS is not asked for the service, as after slmgr /skms
    std::optional<std::string> domain;  ///< else this domain only, as after slmgr /skms-domain
    std::chrono::milliseconds timeout{5'000};
    std::vector<Endpoint> dns_servers = {};  ///< to be asked instead of those of the system
    const std::atomic<bool>* stop = nullptr;
};

/// The hosts in the order in which a client tries them, and how they were found.
struct Discovery {
    bool given = false;
    std::optional<std::string> domain;  ///< the only one that was searched, as after slmgr /skms-domain
    std::vector<session::ServiceEvidence>
        lookups;  ///< one for each suffix that was asked; the last named hosts if any did
    std::vector<probe::Target> hosts;
    std::optional<std::string> problem;  ///< nothing could be asked: one line for people
};

/// Asks DNS if no host is given: the domain, or each suffix of this machine until one has hosts.
Discovery discover(const DiscoverySettings& settings);

}  // namespace diag::activate
