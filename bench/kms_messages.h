#pragma once

#include "bench/kms_world.h"
#include "libdiag/base/time.h"
#include "libdiag/proto/kms/codec.h"

namespace diag::bench {

/// Makes what clients ask and hosts answer, under the lab profile.
class KmsMessages {
public:
    /// Whole messages, as they travel in the RPC stubs.
    struct Exchange {
        ByteVector request, response;
    };
    Exchange make(Random& random, const Machine& machine, const Host& host, Timestamp client_time);

private:
    kms::Codec codec_{kms::lab_profile()};
};

}  // namespace diag::bench
