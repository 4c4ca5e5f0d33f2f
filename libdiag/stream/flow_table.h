#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace diag::stream {

/// What is remembered of a TCP connection that is not (or not yet) known to be interesting: 32 bytes, so that a million
/// of them fit into the memory that we allow ourselves.
struct FlowSlot {
    enum class Kind : std::uint8_t {
        empty,
        handshake,  ///< SYN seen, no payload yet
        rejected,   ///< the bytes say that it is not ours
        active,     ///< `client_next` is an index into the owner's pool
    };

    std::uint64_t fingerprint = 0;  ///< keyed hash of addresses and ports of both ends
    std::uint32_t client_next = 0;  ///< sequence number of the client's first byte; or the pool index
    std::uint32_t host_next = 0;    ///< the same of the host, when `answered`
    std::uint64_t first_packet : 40 = 0;
    std::uint64_t kind_bits : 2 = 0;
    std::uint64_t answered : 1 = 0;         ///< SYN-ACK seen
    std::uint64_t client_is_first : 1 = 0;  ///< the client is the end that sorts first
    std::uint64_t syn_count : 8 = 0;
    std::uint64_t generation : 12 = 0;  ///< coarse age for eviction
    std::int64_t first_time = 0;        ///< of the SYN, nanoseconds since 1970

    Kind kind() const { return static_cast<Kind>(kind_bits); }
    void set_kind(Kind kind) { kind_bits = static_cast<std::uint64_t>(kind) & 3U; }
};
static_assert(sizeof(FlowSlot) == 32);

/// Open-addressing hash table from fingerprint to FlowSlot in bounded memory.
///
/// Split into 256 small tables that grow one by one, so that growing never doubles the whole. When a small table is full
/// at its largest size the oldest slot nearby that is not active makes room. Pointers are valid until the next insert()
/// or erase().
class FlowTable {
public:
    /// At most about `max_slots` (a power of two, 2^12 or more) slots of 32 bytes.
    explicit FlowTable(std::size_t max_slots = std::size_t{1} << 20);

    FlowSlot* find(std::uint64_t fingerprint);
    /// The fingerprint must not be in the table. Returns a slot with only the fingerprint set, whose kind the caller sets
    /// at once.
    FlowSlot& insert(std::uint64_t fingerprint);
    void erase(FlowSlot& slot);

    std::size_t size() const { return size_; }
    std::uint64_t evicted_count() const { return evicted_; }
    std::size_t memory_size() const;

private:
    struct Part {
        std::vector<FlowSlot> slots;
        std::size_t used = 0;
    };
    Part& part_of(std::uint64_t fingerprint) { return parts_[fingerprint >> 56]; }
    static std::size_t home_of(std::uint64_t fingerprint, const Part& part) {
        return fingerprint & (part.slots.size() - 1);
    }
    void grow(Part& part);
    void evict_near(Part& part, std::size_t home);
    void erase_at(Part& part, std::size_t at);

    std::array<Part, 256> parts_;
    std::size_t max_part_slots_;
    std::size_t size_ = 0;
    std::uint64_t evicted_ = 0;
    std::uint64_t inserted_ = 0;
};

/// A keyed hash of both ends of a connection, the same whichever end sent the packet. `low` and `high` are the two halves
/// of each address (an IPv4 address uses 32 bits of the first). The key keeps a hostile capture from choosing collisions.
std::uint64_t fingerprint_of(const std::array<std::uint64_t, 2>& source, std::uint16_t source_port,
                             const std::array<std::uint64_t, 2>& destination, std::uint16_t destination_port,
                             std::uint64_t key);

}  // namespace diag::stream
