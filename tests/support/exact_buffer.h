#pragma once

#include <algorithm>
#include <memory>

#include "libdiag/base/bytes.h"

namespace diag::test {

/// A heap block of exactly as many bytes as it shows, so that AddressSanitizer sees a read of one byte too far.
class ExactBuffer {
public:
    explicit ExactBuffer(Bytes bytes) : ExactBuffer{bytes, bytes.size()} {}
    /// The first `size` bytes of `whole`, which has at least that many.
    ExactBuffer(Bytes whole, std::size_t size) : size_{size}, data_{std::make_unique<std::uint8_t[]>(size)} {
        const Bytes front = whole.first(size);
        std::copy(front.begin(), front.end(), data_.get());
    }

    Bytes bytes() const { return {data_.get(), size_}; }
    operator Bytes() const { return bytes(); }  // NOLINT(google-explicit-constructor): it stands for its bytes

private:
    std::size_t size_;
    std::unique_ptr<std::uint8_t[]> data_;
};

}  // namespace diag::test
