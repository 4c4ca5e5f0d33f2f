#pragma once

#include <bit>
#include <concepts>
#include <cstring>

#include "libdiag/base/bytes.h"
#include "libdiag/base/uuid.h"

namespace diag {

/// Builds a message in memory; the mirror of Reader.
class Writer {
public:
    explicit Writer(std::endian order = std::endian::little) : order_{order} {}

    void u8(std::uint8_t value) { out_.push_back(value); }
    void u16(std::uint16_t value) { number(value); }
    void u32(std::uint32_t value) { number(value); }
    void u64(std::uint64_t value) { number(value); }

    template <std::unsigned_integral T> void number(T value) {
        if (order_ != std::endian::native) value = std::byteswap(value);
        std::uint8_t raw[sizeof(T)];
        std::memcpy(raw, &value, sizeof(T));
        bytes(raw);
    }

    /// Not inline: g++ 12 reports overflows that cannot be where it inlines vector::insert into a run of calls.
    void bytes(Bytes bytes);

    void uuid(const Uuid& uuid) {
        const auto& w = uuid.wire;
        if (order_ == std::endian::little) return bytes(w);
        const std::uint8_t swapped[16] = {w[3], w[2], w[1],  w[0],  w[5],  w[4],  w[7],  w[6],
                                          w[8], w[9], w[10], w[11], w[12], w[13], w[14], w[15]};
        bytes(swapped);
    }

    void zeros(std::size_t count);

    /// Zero bytes up to the next multiple of `alignment`, counted from the start of the message.
    void align(std::size_t alignment) { zeros((alignment - out_.size() % alignment) % alignment); }

    /// Overwrites a length or offset that was not known when its place was written. `at` + 1 (2, 4) must be written already.
    void patch_u8(std::size_t at, std::uint8_t value) { patch(at, value); }
    void patch_u16(std::size_t at, std::uint16_t value) { patch(at, value); }
    void patch_u32(std::size_t at, std::uint32_t value) { patch(at, value); }

    std::size_t size() const { return out_.size(); }
    std::endian order() const { return order_; }
    const ByteVector& view() const { return out_; }
    ByteVector take() { return std::move(out_); }

private:
    template <std::unsigned_integral T> void patch(std::size_t at, T value) {
        if (order_ != std::endian::native) value = std::byteswap(value);
        std::memcpy(out_.data() + at, &value, sizeof(T));
    }

    ByteVector out_;
    std::endian order_;
};

}  // namespace diag
