#pragma once

#include <vector>

#include "libdiag/dissect/flow.h"
#include "libdiag/dissect/pdu_reader.h"

namespace diag::dissect {

/// Joins the PDUs of both sides in the order in which the sides meant them, whatever the order of capture: a PDU comes
/// after everything that its packet acknowledges. Where neither acknowledges the other, the order of capture decides.
std::vector<PduRecord> in_order(const Flow& flow, std::array<DirectionPdus, 2>& sides,
                                const std::array<stream::Flat, 2>& flats);

}  // namespace diag::dissect
