#pragma once

#include <string>

#include "libdiag/base/ip_address.h"

namespace diag::dissect {

/// Community ID v1 of a TCP connection, seed 0: the same text that Zeek, Suricata and Wireshark give to it.
/// https://github.com/corelight/community-id-spec
std::string community_id(const Endpoint& a, const Endpoint& b);

}  // namespace diag::dissect
