#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace diag::tool {

/// A line on standard error that says how far a long run is: only on a terminal, and only from the first second on.
class Progress {
public:
    using Clock = std::chrono::steady_clock;

    explicit Progress(bool enabled) : enabled_{enabled} {}

    void begin(std::string name, std::optional<std::uint64_t> total_size);
    /// Cheap enough for every few thousand packets.
    void update(std::uint64_t bytes_read, std::uint64_t packet_count);
    /// Takes the line away.
    void clear();

private:
    bool enabled_;
    bool shown_ = false;
    std::string name_;
    std::optional<std::uint64_t> total_size_;
    Clock::time_point start_{}, last_{};
};

/// The text of the line: "big.pcap: 512.0 MiB of 1.0 GiB (50 %), 1.1 GiB/s, 1 s left, 800000 packets".
std::string progress_text(const std::string& name, std::uint64_t bytes_read, std::optional<std::uint64_t> total_size,
                          std::uint64_t packet_count, double seconds);

}  // namespace diag::tool
