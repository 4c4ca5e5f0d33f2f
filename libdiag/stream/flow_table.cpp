#include "libdiag/stream/flow_table.h"

#include <algorithm>

namespace diag::stream {
namespace {

constexpr std::size_t first_part_slots = 16;
constexpr std::size_t eviction_window = 16;  // slots looked at to find the oldest

bool is_full(std::size_t used, std::size_t slots) { return used * 8 >= slots * 7; }

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

FlowTable::FlowTable(std::size_t max_slots) : max_part_slots_{std::max(max_slots / 256, first_part_slots)} {}

FlowSlot* FlowTable::find(std::uint64_t fingerprint) {
    Part& part = part_of(fingerprint);
    if (part.used == 0) return nullptr;
    const std::size_t mask = part.slots.size() - 1;
    for (std::size_t at = home_of(fingerprint, part);; at = (at + 1) & mask) {
        FlowSlot& slot = part.slots[at];
        if (slot.kind() == FlowSlot::Kind::empty) return nullptr;
        if (slot.fingerprint == fingerprint) return &slot;
    }
}

FlowSlot& FlowTable::insert(std::uint64_t fingerprint) {
    Part& part = part_of(fingerprint);
    if (part.slots.empty() || is_full(part.used + 1, part.slots.size())) {
        if (part.slots.size() < max_part_slots_) {
            grow(part);
        } else {
            evict_near(part, home_of(fingerprint, part));
        }
    }
    const std::size_t mask = part.slots.size() - 1;
    std::size_t at = home_of(fingerprint, part);
    while (part.slots[at].kind() != FlowSlot::Kind::empty) at = (at + 1) & mask;
    FlowSlot& slot = part.slots[at];
    slot = FlowSlot{};
    slot.fingerprint = fingerprint;
    slot.set_kind(FlowSlot::Kind::handshake);
    slot.generation = (inserted_++ >> 12) & 0xFFF;
    ++part.used;
    ++size_;
    return slot;
}

void FlowTable::erase(FlowSlot& slot) {
    Part& part = part_of(slot.fingerprint);
    erase_at(part, static_cast<std::size_t>(&slot - part.slots.data()));
}

// Moves later slots of the same probe sequence back, so that no tombstones are needed.
void FlowTable::erase_at(Part& part, std::size_t at) {
    const std::size_t mask = part.slots.size() - 1;
    std::size_t hole = at;
    for (std::size_t next = (hole + 1) & mask; part.slots[next].kind() != FlowSlot::Kind::empty;
         next = (next + 1) & mask) {
        const std::size_t home = home_of(part.slots[next].fingerprint, part);
        const bool may_move = ((next - home) & mask) >= ((next - hole) & mask);
        if (!may_move) continue;
        part.slots[hole] = part.slots[next];
        hole = next;
    }
    part.slots[hole] = FlowSlot{};
    --part.used;
    --size_;
}

void FlowTable::grow(Part& part) {
    std::vector<FlowSlot> old = std::move(part.slots);
    part.slots.assign(std::max(first_part_slots, old.size() * 2), FlowSlot{});
    const std::size_t mask = part.slots.size() - 1;
    for (const FlowSlot& slot : old) {
        if (slot.kind() == FlowSlot::Kind::empty) continue;
        std::size_t at = home_of(slot.fingerprint, part);
        while (part.slots[at].kind() != FlowSlot::Kind::empty) at = (at + 1) & mask;
        part.slots[at] = slot;
    }
}

void FlowTable::evict_near(Part& part, std::size_t home) {
    const std::size_t mask = part.slots.size() - 1;
    const std::uint64_t now = (inserted_ >> 12) & 0xFFF;
    std::size_t oldest = part.slots.size();
    std::uint64_t oldest_age = 0;
    std::size_t seen = 0;
    for (std::size_t i = 0; i <= mask && seen < eviction_window; ++i) {
        const FlowSlot& slot = part.slots[(home + i) & mask];
        if (slot.kind() == FlowSlot::Kind::empty || slot.kind() == FlowSlot::Kind::active) continue;
        ++seen;
        const std::uint64_t age = (now - slot.generation) & 0xFFF;
        if (oldest == part.slots.size() || age > oldest_age) {
            oldest = (home + i) & mask;
            oldest_age = age;
        }
    }
    if (oldest == part.slots.size()) return grow(part);  // all active: the owner bounds those
    erase_at(part, oldest);
    ++evicted_;
}

std::size_t FlowTable::memory_size() const {
    std::size_t slots = 0;
    for (const Part& part : parts_) slots += part.slots.capacity();
    return slots * sizeof(FlowSlot);
}

std::uint64_t fingerprint_of(const std::array<std::uint64_t, 2>& source, std::uint16_t source_port,
                             const std::array<std::uint64_t, 2>& destination, std::uint16_t destination_port,
                             std::uint64_t key) {
    // Each end is hashed alone and the two are joined by operations that do not care for their order.
    const auto end = [key](const std::array<std::uint64_t, 2>& a, std::uint16_t port) {
        return mix(a[0] ^ key, (a[1] + port + 1) ^ 0x9E3779B97F4A7C15) + mix(a[1] ^ port ^ 0xD1B54A32D192ED03, key | 1);
    };
    const std::uint64_t a = end(source, source_port);
    const std::uint64_t b = end(destination, destination_port);
    return mix((a + b) ^ key, (a ^ b) ^ 0x2545F4914F6CDD1D);
}

}  // namespace diag::stream
