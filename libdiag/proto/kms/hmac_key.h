#pragma once

#include <array>

#include "libdiag/base/time.h"
#include "libdiag/proto/kms/openssl.h"

namespace diag::kms {

/// The stretch of time, about 4 h 7 min long, that a FILETIME falls into (protocol.md 8, "HK").
std::uint64_t hmac_slot(Filetime time);

/// The number from which the key of a slot is hashed.
std::uint64_t hmac_seed(std::uint64_t slot);

/// The HMAC keys of version 6, one for each time slot. They are no secret: anyone can work them out. The last few are kept,
/// since the answers of a capture lie close together in time.
class HmacKeys {
public:
    using Key = FixedBytes<16>;

    Key key_of(std::uint64_t slot, Sha256& sha256);

private:
    struct Entry {
        std::uint64_t slot = 0;
        Key key{};
        bool is_set = false;
    };
    std::array<Entry, 8> entries_;  // by the low bits of the slot: neighbours do not displace each other
};

}  // namespace diag::kms
