#pragma once

#include <atomic>
#include <functional>

#include "libdiag/srv/domain_report.h"

namespace diag::srv {

struct SrvSettings {
    session::SrvCheckSettings check;
    std::chrono::milliseconds timeout{5'000};  ///< of one query
    std::size_t concurrency = 64;              ///< domains at once
    unsigned rate = 0;                         ///< queries a second; 0: as fast as it goes
    std::vector<check::ExpectedHost> expected;
    std::size_t simulated_count = 0;             ///< clients whose choice is drawn
    bool authoritative = false;                  ///< ask the zone's own name servers, too
    bool update_path = false;                    ///< see whether updates would get to the zone's primary
    std::optional<dns::DomainName> update_test;  ///< the name below which an update that changes nothing is tried
    std::optional<session::UpdateTestEvidence> update_tested = {};  ///< what came of it, where it was done before
    std::uint16_t name_server_port = 53;
    std::vector<windows::Publication> publications;  ///< of a host's event log, to be set beside what DNS says
    bool reach = false;                              ///< probe each published host up to the RPC bind
    const std::atomic<bool>* stop = nullptr;
};

/// Checks the domains; `on_domain` is called in their order. False when it was stopped before the end.
bool check_domains(const std::vector<std::string>& domains, const SrvSettings& settings,
                   const std::function<void(DomainReport)>& on_domain);

}  // namespace diag::srv
