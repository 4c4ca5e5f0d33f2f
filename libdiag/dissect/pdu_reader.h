#pragma once

#include <vector>

#include "libdiag/dissect/conversation.h"
#include "libdiag/stream/assembler.h"

namespace diag::dissect {

/// The PDUs of one direction.
struct DirectionPdus {
    std::vector<PduRecord> pdus;     ///< whole ones, and those that a gap cut; by stream offset
    std::int64_t end = 0;            ///< offset behind the last of them: bytes before it are done with
    std::uint32_t partial_tail = 0;  ///< bytes behind `end` that begin a PDU which never got complete
    bool not_rpc = false;  ///< the first bytes, or those where an answer should be, are no DCE/RPC, and none follows
    Junk junk;             ///< bytes where a PDU should begin that are none
};

/// Splits a direction into PDUs. `boundary_known`: its first byte begins a PDU (the connection's start was seen, or the
/// bytes before were read). Behind a gap of unknown content it goes on at the next packet that begins like a PDU.
DirectionPdus read_pdus(const stream::Flat& flat, Side from, bool boundary_known);

}  // namespace diag::dissect
