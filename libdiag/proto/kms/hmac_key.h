#pragma once

#include <array>
#include <optional>

#include "libdiag/base/time.h"
#include "libdiag/proto/kms/openssl.h"

namespace diag::kms {

/// The stretch of time, about 4 h 7 min long, that a FILETIME falls into (protocol.md 8, "HK").
std::uint64_t hmac_slot(Filetime time);

/// The number from which the key of a slot is hashed.
std::uint64_t hmac_seed(std::uint64_t slot);

using HmacKey = FixedBytes<16>;

/// The key of version 6 for a slot. It is no secret: anyone can work it out.
HmacKey hmac_key(std::uint64_t slot, Sha256& sha256);

/// HMACs under the keys of time slots. The last few keys are kept, since the answers of a capture lie close together in time.
class SlotHmacs {
public:
    explicit SlotHmacs(Sha256& sha256) : sha256_{sha256} {}

    /// Valid until the next call.
    HmacSha256& of(std::uint64_t slot);

private:
    struct Entry {
        std::uint64_t slot;
        HmacSha256 hmac;
    };
    Sha256& sha256_;
    std::array<std::optional<Entry>, 8> entries_;  // by the low bits of the slot: neighbours do not displace each other
};

}  // namespace diag::kms
