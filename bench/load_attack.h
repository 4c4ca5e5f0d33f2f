#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace bench {

/// Enemies of a host, all at once, and one good client.
struct Attack {
    std::uint16_t port = 0;
    std::size_t idle_count = 10'000;        ///< connections that say nothing
    std::size_t slow_writer_count = 1'000;  ///< that send one byte of a request now and then
    std::size_t garbage_count = 100;        ///< that send garbage or PDUs with flipped bits as fast as they can
    std::chrono::milliseconds duration{5000};
};

struct AttackResult {
    std::vector<double> latencies_ms;  ///< of the good client: connect, bind and one request each time; sorted
    std::uint64_t failure_count = 0;   ///< of the good client
    std::uint64_t garbage_count = 0;   ///< segments of garbage that were sent
};

AttackResult run_attack(const Attack& attack);

}  // namespace bench
