#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/check/finding.h"
#include "libdiag/session/name_evidence.h"
#include "libdiag/slmgr/dlv.h"

namespace diag::check {

/// What DNS says now, for comparison with the hosts of a saved output. Texts of peers.
struct HostEvidence {
    std::string domain;                             ///< that was asked for the service
    std::vector<session::ServiceRecord> published;  ///< the hosts that it names; none: nothing is compared with them
    std::vector<session::NameEvidence> names;       ///< addresses of hosts, where they were looked up
};

/// The names of KMS hosts in a saved output that have addresses in DNS: set by hand, found in DNS. Each once, at most
/// max_saved_host_count.
inline constexpr std::size_t max_saved_host_count = 64;
std::vector<std::string> host_names(std::span<const slmgr::Dlv> products);

/// Compares the hosts of the KMS clients in a saved output: that which is set by hand, that which was found in DNS, the address
/// that was reached; with each other, and with what DNS says now.
std::vector<Finding> check_saved_hosts(std::span<const slmgr::Dlv> products, std::string_view target,
                                       const HostEvidence& dns = {});

}  // namespace diag::check
