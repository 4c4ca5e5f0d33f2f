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
    std::size_t simulated_count = 0;  ///< clients whose choice is drawn
    bool reach = false;               ///< probe each published host up to the RPC bind
    const std::atomic<bool>* stop = nullptr;
};

/// Checks the domains; `on_domain` is called in their order. False when it was stopped before the end.
bool check_domains(const std::vector<std::string>& domains, const SrvSettings& settings,
                   const std::function<void(DomainReport)>& on_domain);

}  // namespace diag::srv
