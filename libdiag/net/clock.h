#pragma once

#include "libdiag/session/actions.h"

namespace diag::net {

/// This moment on both clocks of the system.
inline session::Now now() {
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    return {.steady = std::chrono::steady_clock::now(),
            .clock = {std::chrono::duration_cast<std::chrono::nanoseconds>(wall).count()}};
}

}  // namespace diag::net
