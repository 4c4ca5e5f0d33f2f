#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace diag::net {

/// Random bytes of the kernel (getrandom), fetched in blocks because a system call for each salt costs more than the salt.
/// Bytes are wiped as they are given out. Not for use on both sides of a fork.
class RandomSource {
public:
    /// Throws std::system_error where the kernel has none to give.
    void fill(std::span<std::uint8_t> out);

private:
    std::array<std::uint8_t, 4096> block_{};
    std::size_t at_ = sizeof(block_);  // what is before it was given out
};

}  // namespace diag::net
