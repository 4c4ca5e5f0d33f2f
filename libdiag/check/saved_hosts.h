#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/check/row.h"
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

/// The hosts of a whole saved output.
struct SavedHosts {
    std::span<const slmgr::Dlv> products;
    std::string_view target;
};
std::span<const Row<SavedHosts>> saved_hosts_rows();

/// A host of one product, and what DNS publishes.
struct SavedHost {
    const slmgr::Dlv& dlv;
    const slmgr::KmsMachine& machine;
    const HostEvidence& dns;
    std::string_view target;
    std::vector<std::uint16_t> ports;  ///< under which DNS publishes it; none: it does not
};
std::span<const Row<SavedHost>> saved_host_rows();

/// The address from which a product was answered, and those of the host in DNS.
struct SavedAnswer {
    const slmgr::Dlv& dlv;
    const HostEvidence& dns;
    std::string_view target;
};
std::span<const Row<SavedAnswer>> saved_answer_rows();

/// Compares the hosts of the KMS clients in a saved output: that which is set by hand, that which was found in DNS, the address
/// that was reached; with each other, and with what DNS says now.
std::vector<Finding> check_saved_hosts(std::span<const slmgr::Dlv> products, std::string_view target,
                                       const HostEvidence& dns = {});

}  // namespace diag::check
