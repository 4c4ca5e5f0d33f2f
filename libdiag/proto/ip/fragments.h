#pragma once

#include <list>
#include <map>
#include <optional>
#include <vector>

#include "libdiag/base/time.h"
#include "libdiag/proto/ip/ip.h"

namespace diag::ip {

/// A datagram put together. `packet.payload` is a view of `bytes`.
///
/// When snaplen cut one of the fragments, the payload ends at the first byte that is missing while payload_size still
/// says how much was sent. Extension headers in the payload are skipped and a tunnel is entered, as decode_packet() does.
struct Reassembled {
    ByteVector bytes;
    IpPacket packet;
    std::vector<std::uint64_t> packets;  ///< numbers of the packets that brought the fragments, in order of arrival

    Reassembled() = default;
    Reassembled(Reassembled&&) = default;  // moving a vector keeps its bytes where they are, so the view stays valid
    Reassembled& operator=(Reassembled&&) = default;
    Reassembled(const Reassembled&) = delete;
    Reassembled& operator=(const Reassembled&) = delete;
};

/// Puts IPv4 (RFC 791 3.2) and IPv6 (RFC 8200 4.5) fragments together in bounded memory.
///
/// Feed every packet with fragment.is_fragment, in any order. On an overlap the first copy wins. What stays incomplete
/// for longer than `timeout` of capture time, or is the oldest when memory runs out, is forgotten and counted.
class FragmentTable {
public:
    struct Limits {
        std::size_t memory_size = 1U << 20;
        std::int64_t timeout_ns = 60'000'000'000;  ///< RFC 8200 4.5
    };
    static constexpr std::uint32_t max_datagram_size = 65535;  ///< bytes; what both versions allow

    FragmentTable() : FragmentTable(Limits{}) {}
    explicit FragmentTable(Limits limits) : limits_{limits} {}

    /// The whole datagram when this fragment was the last one missing.
    std::optional<Reassembled> add(const IpPacket& fragment, std::uint64_t packet_number, Timestamp time);

    std::size_t size() const { return by_age_.size(); }       ///< incomplete datagrams
    std::size_t memory_size() const { return memory_size_; }  ///< bytes, an estimate that includes the bookkeeping
    std::uint64_t evicted_count() const { return evicted_count_; }      ///< datagrams given up for memory or time
    std::uint64_t overlap_count() const { return overlap_count_; }      ///< fragments that repeated bytes of others
    std::uint64_t conflict_size() const { return conflict_size_; }      ///< repeated bytes that differed
    std::uint64_t malformed_count() const { return malformed_count_; }  ///< fragments of impossible size or place

private:
    struct Key {
        IpAddress source, destination;
        std::uint32_t id = 0;
        std::uint8_t protocol = 0;  ///< IPv4 only: in IPv6 the id alone counts
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    /// Bytes begin <= x < end of the datagram, of which the first bytes.size() were captured.
    struct Part {
        std::uint32_t begin = 0, end = 0;
        ByteVector bytes;
    };
    struct Datagram {
        Key key;
        Timestamp first_time;
        IpPacket first;           ///< header facts, of the fragment with offset 0 once it is here
        std::vector<Part> parts;  ///< by begin, disjoint
        std::vector<std::uint64_t> packets;
        std::optional<std::uint32_t> total_size;  ///< known from the last fragment
        std::uint32_t received_size = 0;
        std::size_t memory_size = 0;
    };
    using ByAge = std::list<Datagram>;

    Datagram& datagram_of(const IpPacket& fragment, Timestamp time);
    void insert(Datagram& datagram, std::uint32_t begin, std::uint32_t end, Bytes bytes);
    void compare(const Part& part, std::uint32_t begin, Bytes bytes);
    static bool is_complete(const Datagram& datagram);
    static Reassembled assemble(Datagram& datagram);
    void charge(Datagram& datagram, std::size_t size);
    void expire(Timestamp now);
    void erase(ByAge::iterator datagram);

    Limits limits_;
    ByAge by_age_;  ///< oldest first
    std::map<Key, ByAge::iterator> by_key_;
    std::size_t memory_size_ = 0;
    std::uint64_t evicted_count_ = 0, overlap_count_ = 0, conflict_size_ = 0, malformed_count_ = 0;
};

}  // namespace diag::ip
