#pragma once

#include <cstddef>

namespace diag::net {

/// Raises the process's soft limit of open descriptors to the hard one, and says how many connections that allows at once,
/// with some descriptors left for files: at least 1.
std::size_t max_open_connections();

}  // namespace diag::net
