#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libdiag/check/outcome.h"
#include "libdiag/dissect/conversation.h"
#include "libdiag/dissect/dns_search.h"

namespace diag::decode {

/// One end as a user names it: an address, a port or both.
struct EndFilter {
    std::optional<IpAddress> ip;
    std::optional<std::uint16_t> port;
    bool matches(const Endpoint& endpoint) const {
        return (!ip || *ip == endpoint.ip) && (!port || *port == endpoint.port);
    }
};

/// Reads "192.0.2.10", "192.0.2.10:1688", "[2001:db8::10]:1688", "2001:db8::10" or ":1688".
std::optional<EndFilter> parse_end_filter(std::string_view text);

/// Which conversations the user wants to see. Values of one option are alternatives, options add up.
struct Selection {
    std::vector<EndFilter> clients, hosts;
    std::vector<Uuid> client_machine_ids;
    std::vector<check::Outcome> outcomes;

    bool selects_all() const {
        return clients.empty() && hosts.empty() && client_machine_ids.empty() && outcomes.empty();
    }
    bool matches(const dissect::Conversation& conversation, check::Outcome outcome) const;
    /// A look-up has a client, but no KMS host, machine id or outcome: those options leave it out.
    bool matches(const dissect::DnsSearch& search) const;
};

}  // namespace diag::decode
