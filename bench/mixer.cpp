#include "bench/mixer.h"

#include <utility>

namespace diag::bench {

void Mixer::start(Packets packets) {
    while (open_.size() >= options_.open_limit) write_burst();
    if (packets.count() > 0) open_.push_back({std::move(packets)});
}

void Mixer::finish() {
    while (!open_.empty()) write_burst();
}

void Mixer::write_burst() {
    Open& chosen = open_[random_.below(static_cast<std::uint32_t>(open_.size()))];
    for (std::uint32_t left = random_.between(1, options_.max_burst); left > 0; --left) {
        out_.add(now_, chosen.packets.frame(chosen.next));
        now_.ns += options_.packet_gap_ns;
        if (++chosen.next < chosen.packets.count()) continue;
        std::swap(chosen, open_.back());
        open_.pop_back();
        return;
    }
}

}  // namespace diag::bench
