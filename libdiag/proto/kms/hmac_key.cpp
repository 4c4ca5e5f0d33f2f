#include "libdiag/proto/kms/hmac_key.h"

namespace diag::kms {
namespace {

constexpr std::uint64_t c1 = 0x00000022816889BD;
constexpr std::uint64_t c2 = 0x000000208CBAB5ED;
constexpr std::uint64_t c3 = 0x3156CD5AC628477A;

}  // namespace

std::uint64_t hmac_slot(Filetime time) { return time.ticks / c1; }

std::uint64_t hmac_seed(std::uint64_t slot) { return slot * c2 + c3; }

HmacKey hmac_key(std::uint64_t slot, Sha256& sha256) {
    Writer seed;
    seed.u64(hmac_seed(slot));
    return load_block(sha256.hash({seed.view()}), 16);
}

HmacSha256& SlotHmacs::of(std::uint64_t slot) {
    auto& entry = entries_[slot % entries_.size()];
    if (!entry || entry->slot != slot) entry.emplace(slot, HmacSha256{hmac_key(slot, sha256_), sha256_});
    return entry->hmac;
}

}  // namespace diag::kms
