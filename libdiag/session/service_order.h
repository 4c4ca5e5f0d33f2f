#pragma once

#include "libdiag/session/name_evidence.h"

namespace diag::session {

/// The records in an order in which a client tries them (RFC 2782, as Windows 7 and later do): by priority; among equals each
/// time the next is drawn with a chance in proportion to its weight, records of weight 0 first in the running order, which is
/// otherwise arbitrary. Records without a target (".") are left out.
std::vector<ServiceRecord> order_services(std::vector<ServiceRecord> records, const RandomBytes& random);

/// For each record the chance, from 0 to 1, that order_services() puts it first.
std::vector<double> first_choice_chances(const std::vector<ServiceRecord>& records);

/// The same for clients that ignore priority and weight (Windows Vista, Server 2008): equal for all that have a target.
std::vector<double> equal_chances(const std::vector<ServiceRecord>& records);

}  // namespace diag::session
