#pragma once

#include "libdiag/activate/activation.h"
#include "libdiag/report/subject.h"

namespace diag::activate {

/// For monitoring: the verdict; "connect", "bind" and "request" of the last address in milliseconds, and the host's "count"
/// (a warning below what the product needs).
report::Subject make_subject(const Activation& activation);

}  // namespace diag::activate
