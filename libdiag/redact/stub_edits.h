#pragma once

#include <functional>
#include <optional>

#include "libdiag/proto/dcerpc/stub.h"

namespace diag::redact {

/// What takes the place of a KMS message; of the same size.
using EditMessage = std::function<ByteVector(Bytes message)>;

/// The stub of a whole call with another message in it. What stands around the message stays; surplus and alignment
/// become zeros, padding that is not zero stays so. A stub that does not decode is unread throughout (pdu_edits.h). The
/// syntax is that which the stub itself tells, or else that of the bind, `syntax`.
ByteVector edit_request_stub(Bytes stub, std::optional<dcerpc::Syntax> syntax, std::endian order,
                             const EditMessage& edit);
ByteVector edit_response_stub(Bytes stub, std::optional<dcerpc::Syntax> syntax, std::endian order,
                              const EditMessage& edit);

/// Of a call that the capture cut: its lengths and the version of its message, where it has those of KMS. `whole_size`:
/// bytes that were sent of it, `alloc_hint`: what the PDU says of that.
ByteVector edit_cut_request_stub(Bytes stub, std::size_t whole_size, std::uint32_t alloc_hint, std::endian order);
ByteVector edit_cut_response_stub(Bytes stub, std::size_t whole_size, std::endian order);

}  // namespace diag::redact
