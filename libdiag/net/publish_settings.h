#pragma once

#include <functional>
#include <vector>

#include "libdiag/session/publish_event.h"

namespace diag::net {

/// What the reference host registers in DNS, and how. Nothing is sent without services.
struct PublishSettings {
    std::vector<session::PublishedService> services;
    std::vector<Endpoint> servers;  ///< who are asked for zones; none: those of resolv.conf, as it is each time
    session::DnsExchangeSettings exchange;
    std::optional<dns::TsigKey> key;
    std::chrono::seconds interval{24 * 3600};  ///< from the end of one registration to the next
    std::chrono::seconds clock_offset{0};      ///< the host's clock runs so far ahead; it signs with it, too
};

/// Called when a registration is over, from the loop of the server.
using OnPublished = std::function<void(const session::PublishEvent& event)>;

}  // namespace diag::net
