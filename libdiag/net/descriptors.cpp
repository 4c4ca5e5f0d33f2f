#include "libdiag/net/descriptors.h"

#include <sys/resource.h>

#include <limits>

namespace diag::net {

std::size_t max_open_connections() {
    constexpr rlim_t reserved = 64;  // standard streams, listeners, epoll, timers, state and logs
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
    if (limit.rlim_cur < limit.rlim_max) {
        const rlimit raised{.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
        if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    }
    if (limit.rlim_cur == RLIM_INFINITY) return std::numeric_limits<std::size_t>::max();
    return limit.rlim_cur > reserved ? static_cast<std::size_t>(limit.rlim_cur - reserved) : 1;
}

}  // namespace diag::net
