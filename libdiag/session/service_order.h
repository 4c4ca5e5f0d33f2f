#pragma once

#include "libdiag/session/name_evidence.h"

namespace diag::session {

/// The records in an order in which a client tries them (RFC 2782): by priority; among equals each time the next is drawn with
/// a chance in proportion to its weight, records of weight 0 first in the running order. Records without a target (".") are
/// left out.
std::vector<ServiceRecord> order_services(std::vector<ServiceRecord> records, const RandomBytes& random);

}  // namespace diag::session
