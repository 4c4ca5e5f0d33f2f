#pragma once

#include <string>

namespace diag::net {

/// The name of this machine; empty when it has none.
std::string host_name();

}  // namespace diag::net
