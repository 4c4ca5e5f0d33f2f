#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "libdiag/base/ip_address.h"
#include "libdiag/slmgr/dlv.h"

namespace diag::check {

/// The KMS hosts of a run, and where they listen: saved output of a host tells the port, packets the address too, and saved
/// output of a client that was activated both.
class KnownHosts {
public:
    static constexpr std::size_t max_count = 1024;  ///< of hosts and of outputs; those that come later are not known

    void add_served(const Endpoint& host);
    void add_saved(const slmgr::Dlv& dlv, std::string_view source);

    /// Whether the host whose saved output is `source` may be the one at `asked` ("192.0.2.10:1688"), although it listens at
    /// another port: no other is known to listen at the usual one, and none at the port of the output with another address.
    bool may_be_at(std::string_view asked, std::string_view source) const;

private:
    std::set<Endpoint> served_;                                    ///< not at the usual port
    std::map<std::string, std::uint16_t, std::less<>> listening_;  ///< by output
};

}  // namespace diag::check
