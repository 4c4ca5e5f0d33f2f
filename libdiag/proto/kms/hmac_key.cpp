#include "libdiag/proto/kms/hmac_key.h"

#include <algorithm>

namespace diag::kms {
namespace {

constexpr std::uint64_t c1 = 0x00000022816889BD;
constexpr std::uint64_t c2 = 0x000000208CBAB5ED;
constexpr std::uint64_t c3 = 0x3156CD5AC628477A;

}  // namespace

std::uint64_t hmac_slot(Filetime time) { return time.ticks / c1; }

std::uint64_t hmac_seed(std::uint64_t slot) { return slot * c2 + c3; }

HmacKeys::Key HmacKeys::key_of(std::uint64_t slot, Sha256& sha256) {
    Entry& entry = entries_[slot % entries_.size()];
    if (!entry.is_set || entry.slot != slot) {
        Writer seed;
        seed.u64(hmac_seed(slot));
        const auto digest = sha256.hash({seed.view()});
        entry = {.slot = slot, .key = {}, .is_set = true};
        std::copy(digest.end() - 16, digest.end(), entry.key.begin());
    }
    return entry.key;
}

}  // namespace diag::kms
