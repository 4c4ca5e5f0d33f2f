#include "libdiag/net/random_source.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace diag::net {
namespace {

void fetch(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        const ssize_t size = ::getrandom(out.data(), out.size(), 0);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) throw std::system_error{errno, std::generic_category(), "getrandom"};
        out = out.subspan(static_cast<std::size_t>(size));
    }
}

}  // namespace

void RandomSource::fill(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        if (at_ == block_.size()) {
            fetch(block_);
            at_ = 0;
        }
        const std::size_t size = std::min(out.size(), block_.size() - at_);
        const auto from = std::span{block_}.subspan(at_, size);
        std::copy(from.begin(), from.end(), out.begin());
        std::fill(from.begin(), from.end(), std::uint8_t{0});
        at_ += size;
        out = out.subspan(size);
    }
}

}  // namespace diag::net
