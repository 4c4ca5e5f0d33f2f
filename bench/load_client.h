#pragma once

#include <chrono>
#include <vector>

#include "bench/load_socket.h"

namespace bench {

struct Load {
    std::uint16_t port = 0;
    std::size_t connection_count = 64;
    std::chrono::milliseconds duration{5000};
    bool one_request = false;  ///< a connection, a bind and one request each; else connections are kept
    bool echo = false;         ///< the other side sends back what it gets: no bind, and answers as long as requests
};

struct LoadResult {
    std::uint64_t request_count = 0;     ///< answered
    std::uint64_t connection_count = 0;  ///< that were opened
    std::uint64_t failure_count = 0;     ///< connections that ended otherwise than we wanted
    double seconds = 0;
};

/// Puts the load on a host: each connection asks again as soon as it is answered.
LoadResult run_load(const Load& load);

}  // namespace bench
