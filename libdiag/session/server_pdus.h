#pragma once

#include "libdiag/proto/dcerpc/pdu.h"

// The PDUs with which a server says no.

namespace diag::session {

/// A PDU of this type that answers the one with header `asked`: its call id, first and last fragment in one.
dcerpc::Pdu make_answer(dcerpc::PduType type, const dcerpc::Header& asked);

/// With the one version that we speak, 5.0 (protocol.md 2.4).
ByteVector make_bind_nak(const dcerpc::Header& asked, std::uint16_t reason);

/// 32 bytes (protocol.md 2.7). `executed`: the call was begun; else the flag did_not_execute is set.
ByteVector make_fault(const dcerpc::Header& asked, std::uint16_t context_id, std::uint32_t status, bool executed);

}  // namespace diag::session
