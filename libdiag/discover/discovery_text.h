#pragma once

#include <string>

#include "libdiag/discover/discovery.h"

namespace diag::discover {

/// A line for each domain that was asked, with the answer and the server, below it the records as answered.
void append_lookups(std::string& out, const Discovery& discovery);

/// "SRV record of example.test from 192.0.2.53:53, priority 0, weight 10": where a host comes from. To be escaped.
std::string origin_text(const Host& host);

}  // namespace diag::discover
