#pragma once

#include "bench/kms_world.h"
#include "libdiag/base/time.h"

namespace diag::bench {

/// What a client asks and what the host answers, under the lab profile: both whole, as they travel in the RPC stubs.
struct KmsMessages {
    ByteVector request, response;
};
KmsMessages make_kms_messages(Random& random, const Machine& machine, const Host& host, Timestamp client_time);

}  // namespace diag::bench
