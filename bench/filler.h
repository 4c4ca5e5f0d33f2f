#pragma once

#include "bench/random.h"
#include "libdiag/base/bytes.h"

namespace diag::bench {

/// What payloads are made of: text that compresses like text, and noise that does not, like encrypted data.
class Filler {
public:
    static constexpr std::size_t max_text_size = 1 << 20;  ///< of one piece, in bytes

    explicit Filler(Random& random);

    /// A piece of one long text: what many clients fetch is often the same. Valid as long as the Filler.
    Bytes text(Random& random, std::size_t size) const {
        const auto room = static_cast<std::uint32_t>(text_.size() - size);
        return Bytes{text_}.subspan(random.below(room), size);
    }

    /// Bytes that were never there before. Valid until the next call.
    Bytes noise(Random& random, std::size_t size) {
        noise_.resize(size);
        random.fill(noise_);
        return noise_;
    }

private:
    ByteVector text_, noise_;
};

}  // namespace diag::bench
