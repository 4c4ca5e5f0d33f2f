#pragma once

#include "libdiag/dissect/conversation.h"
#include "libdiag/redact/pseudonyms.h"

namespace diag::redact {

/// Byte of a stub that is not read: with nothing else in it, it has no length that fits and is no refusal.
inline constexpr std::uint8_t unread_stub_byte = 0xFF;

/// A PDU as captured, whole or cut, without what could tell of somebody: headers, binds and their answers, statuses and
/// versions stay, a secondary address that is no port gets a pseudonym. Everything behind the fields, and the values of
/// auth trailers, are zeros. Its stub is unread_stub_byte throughout: what may stay of it is for stub_edits.h to say.
ByteVector edit_pdu(Bytes raw, const Pseudonyms& pseudonyms);

}  // namespace diag::redact
