#pragma once

#include <vector>

#include "bench/capture_file.h"
#include "bench/tcp_talk.h"

namespace diag::bench {

/// Lets many conversations happen at once: a few packets of one, then a few of another, each in its own order.
class Mixer {
public:
    struct Options {
        std::size_t open_limit = 1000;   ///< conversations at a time
        std::uint32_t max_burst = 4;     ///< packets of one conversation in a row
        std::int64_t packet_gap_ns = 0;  ///< from one packet of the capture to the next
    };

    Mixer(CaptureFile& out, Random& random, Timestamp start, Options options)
        : out_{out}, random_{random}, now_{start}, options_{options} {}

    /// Adds a conversation; first writes packets of others until there is room for one more.
    void start(Packets packets);

    /// Writes what is left of all conversations.
    void finish();

    Timestamp now() const { return now_; }

private:
    struct Open {
        Packets packets;
        std::size_t next = 0;
    };
    void write_burst();

    CaptureFile& out_;
    Random& random_;
    Timestamp now_;
    Options options_;
    std::vector<Open> open_;
};

}  // namespace diag::bench
