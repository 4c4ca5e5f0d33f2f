#pragma once

#include <vector>

#include "libdiag/base/bytes.h"

// What a load of KMS clients sends: made beforehand, so that the load costs the other processor little.

namespace bench {

/// A bind as Windows clients send it, NDR32 only: what is measured is one request, not a negotiation.
diag::ByteVector make_bind();

/// Request PDUs of version 6, each of another client machine, for Windows 10 Enterprise, at the present time.
std::vector<diag::ByteVector> make_requests(std::size_t count);

}  // namespace bench
