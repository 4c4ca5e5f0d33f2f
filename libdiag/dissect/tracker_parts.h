#pragma once

#include <cstring>

#include "libdiag/dissect/tracker.h"
#include "libdiag/proto/tcp/segment.h"

/// What the files of Tracker share; nobody else includes it.
namespace diag::dissect {

inline constexpr std::uint16_t dns_port = 53;
inline constexpr unsigned max_syn_count = 255;

inline std::array<std::uint64_t, 2> halves_of(const IpAddress& address) {
    std::array<std::uint64_t, 2> halves{};
    std::memcpy(halves.data(), address.octets.data(), sizeof halves);
    return halves;
}

/// Of a connection, whichever end sent.
inline std::uint64_t fingerprint_of(const Endpoint& a, const Endpoint& b, std::uint64_t key) {
    return stream::fingerprint_of(halves_of(a.ip), a.port, halves_of(b.ip), b.port, key);
}

inline Mark mark_of(const PacketView& frame) { return {.packet = frame.number, .time = frame.time}; }

/// One TCP packet, with what all handlers need of it.
struct Tracker::Tcp {
    Endpoint source, destination;
    tcp::Segment segment;
    const PacketView& frame;
    std::uint8_t hop_limit = 0;

    bool has(std::uint8_t flag) const { return (segment.flags & flag) != 0; }
    bool is_first_syn() const { return has(tcp::flag::syn) && !has(tcp::flag::ack); }
    bool is_syn_ack() const { return has(tcp::flag::syn) && has(tcp::flag::ack); }
};

}  // namespace diag::dissect
