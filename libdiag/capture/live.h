#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "libdiag/capture/packet_source.h"

struct pcap;  // libpcap's pcap_t, which users of this header need not know

namespace diag::capture {

struct LiveOptions {
    std::string interface;                 ///< as `ip link` names it, or "any"
    std::string filter;                    ///< pcap-filter(7); empty: everything
    std::uint32_t snap_size = 256U << 10;  ///< bytes kept of a packet
    bool promiscuous = false;
    std::size_t kernel_buffer_size = std::size_t{8} << 20;  ///< bytes, for bursts
    std::uint64_t packet_limit = 0;                         ///< stop after so many packets; 0: never
    std::chrono::milliseconds time_limit{0};                ///< stop after so long; 0: never
    const std::atomic<bool>* stop = nullptr;                ///< set by a signal handler to end the capture; outlives it
    std::function<void(Timestamp)> on_idle = {};            ///< with the time, about every 100 ms without a packet
};

/// Packets of a network interface as they come, through libpcap.
///
/// open() opens the device and then gives up every privilege of the process (drop_privileges): open before it whatever
/// needs them (an output file, a key profile). If that fails the device is closed and nothing is captured.
class LiveCapture final : public PacketSource {
public:
    static std::expected<LiveCapture, CaptureError> open(const LiveOptions& options);

    /// Waits for the next packet. False when the stop flag is set (seen within 100 ms, at once after a signal) or a
    /// limit is reached, and with damage() when the interface fails or goes away.
    bool next(PacketView& packet) override;
    /// Its offset counts the bytes of the packets before it.
    const std::optional<Damage>& damage() const override { return damage_; }

    struct Statistics {
        std::uint64_t received_count = 0;           ///< passed the filter
        std::uint64_t dropped_count = 0;            ///< no room in the kernel's buffer: we were too slow
        std::uint64_t interface_dropped_count = 0;  ///< dropped by the interface or its driver, where that can be known
    };
    Statistics statistics() const;
    std::uint64_t packet_count() const { return packet_count_; }
    LinkType link_type() const { return link_type_; }

private:
    struct Close {
        void operator()(pcap* handle) const;
    };
    using Handle = std::unique_ptr<pcap, Close>;

    LiveCapture(Handle handle, const LiveOptions& options);
    static std::expected<Handle, CaptureError> activate(const LiveOptions& options);
    static std::expected<void, CaptureError> set_filter(pcap* handle, const std::string& expression);
    bool is_over() const;
    void wait();

    Handle handle_;
    std::string interface_;
    LinkType link_type_ = LinkType::ethernet;
    bool nanoseconds_ = false;
    int fd_ = -1;
    const std::atomic<bool>* stop_ = nullptr;
    std::function<void(Timestamp)> on_idle_;
    std::uint64_t packet_limit_ = 0;
    std::uint64_t packet_count_ = 0;
    std::uint64_t byte_count_ = 0;
    std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
    std::optional<Damage> damage_;
};

}  // namespace diag::capture
