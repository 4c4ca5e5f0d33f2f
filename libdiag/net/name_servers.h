#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libdiag/base/ip_address.h"

// The system's configuration as text, for those who must not wait for a resolver.

namespace diag::net {

/// The lines `nameserver` of a resolv.conf, at most 16, with port 53. Those with a scope (fe80::1%eth0) are left out.
std::vector<Endpoint> parse_name_servers(std::string_view resolv_conf);

/// Those of this system; none when nothing is configured. (Resolvers take 127.0.0.1 then, which a KMS host does not.)
std::vector<Endpoint> system_name_servers();

/// The name of a machine with its domain: `host` itself when it has a dot; else the first name of the line of a hosts file that
/// has `host`, when that has one; else with the first domain of `search` or `domain` in a resolv.conf. Empty when none is known.
std::string find_full_name(std::string_view host, std::string_view hosts, std::string_view resolv_conf);

/// Of this machine; asks nobody.
std::string full_host_name();

}  // namespace diag::net
