#pragma once

#include <cstring>
#include <random>
#include <span>

#include "libdiag/base/uuid.h"

namespace diag::bench {

/// The same numbers on every machine: the standard fixes what mt19937_64 gives, but not what its distributions make of
/// it.
class Random {
public:
    explicit Random(std::uint64_t seed) : engine_{seed} {}

    std::uint32_t u32() { return static_cast<std::uint32_t>(engine_()); }

    /// 0 <= value < count. Very slightly uneven, which does not matter here.
    std::uint32_t below(std::uint32_t count) {
        return static_cast<std::uint32_t>(((engine_() >> 32) * std::uint64_t{count}) >> 32);
    }

    /// first <= value <= last
    std::uint32_t between(std::uint32_t first, std::uint32_t last) { return first + below(last - first + 1); }

    bool percent(std::uint32_t chance) { return below(100) < chance; }

    void fill(std::span<std::uint8_t> out) {
        for (std::size_t at = 0; at < out.size(); at += 8) {
            const std::uint64_t word = engine_();
            std::memcpy(out.data() + at, &word, std::min<std::size_t>(8, out.size() - at));
        }
    }

    /// A random (version 4) UUID, as client machine ids are.
    Uuid uuid() {
        Uuid uuid;
        fill(uuid.wire);
        uuid.wire[7] = static_cast<std::uint8_t>((uuid.wire[7] & 0x0F) | 0x40);
        uuid.wire[8] = static_cast<std::uint8_t>((uuid.wire[8] & 0x3F) | 0x80);
        return uuid;
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace diag::bench
