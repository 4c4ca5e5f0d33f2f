#pragma once

#include <cstdint>
#include <vector>

#include "libdiag/base/bytes.h"

namespace diag::correlate {

/// A hash that peers cannot aim at a slot without knowing `key`.
std::uint64_t keyed_hash(Bytes bytes, std::uint64_t key);

/// Finds numbers of things that are kept elsewhere, by their hash: 4 bytes a slot, at most three slots in four in use. A map of
/// the standard library takes ten times as much for each entry, and there may be a million.
class IndexTable {
public:
    static constexpr std::uint32_t none = UINT32_MAX;

    /// The number with this hash for which `matches(number)` holds, or `none`.
    template <class Matches> std::uint32_t find(std::uint64_t hash, Matches matches) const {
        if (slots_.empty()) return none;
        for (std::size_t at = home_of(hash); slots_[at] != none; at = (at + 1) & (slots_.size() - 1))
            if (matches(slots_[at])) return slots_[at];
        return none;
    }

    /// `number` is not in the table yet. `hash_of(number)` gives the hash of any number in it.
    template <class HashOf> void insert(std::uint64_t hash, std::uint32_t number, HashOf hash_of) {
        if ((used_ + 1) * 4 > slots_.size() * 3) grow(hash_of);
        place(hash, number);
        ++used_;
    }

    void clear() {
        slots_.clear();
        slots_.shrink_to_fit();
        used_ = 0;
    }

    std::size_t memory_size() const { return slots_.capacity() * sizeof(std::uint32_t); }

private:
    static constexpr std::size_t first_slots = 64;

    std::size_t home_of(std::uint64_t hash) const { return static_cast<std::size_t>(hash) & (slots_.size() - 1); }

    void place(std::uint64_t hash, std::uint32_t number) {
        std::size_t at = home_of(hash);
        while (slots_[at] != none) at = (at + 1) & (slots_.size() - 1);
        slots_[at] = number;
    }

    template <class HashOf> void grow(HashOf hash_of) {
        std::vector<std::uint32_t> old(slots_.empty() ? first_slots : slots_.size() * 2, none);
        old.swap(slots_);
        for (const std::uint32_t number : old)
            if (number != none) place(hash_of(number), number);
    }

    std::vector<std::uint32_t> slots_;  // a power of two
    std::size_t used_ = 0;
};

}  // namespace diag::correlate
