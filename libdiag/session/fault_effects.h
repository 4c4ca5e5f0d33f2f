#pragma once

#include <chrono>
#include <functional>

#include "libdiag/proto/kms/codec.h"
#include "libdiag/session/fault.h"
#include "libdiag/session/rpc_server.h"

namespace diag::session {

/// What is about to leave the host, for faults to change.
struct Outgoing {
    enum class End : std::uint8_t { open, close, reset, silence };

    std::vector<ByteVector> pdus;
    std::chrono::milliseconds delay{0};             ///< before the first byte
    std::optional<std::chrono::milliseconds> drip;  ///< one byte at a time, so far apart
    End end = End::open;                            ///< behind the last byte
};

/// Does to `out` what the fault says. `reply`: what the host would have said, and to what; nullptr at accept. `codec`: of the
/// lab profile. A fault of messages leaves answers alone that it does not fit (another version, a refusal).
void apply_fault(const Fault& fault, const Reply* reply, kms::Codec& codec, Outgoing& out);

/// The message in a response, changed in place by `edit`; false and nothing changed when there is none.
/// For the effects of message_effects.cpp and for hresult: the stub is wrapped again as it was, in as many fragments.
bool edit_message(const Reply& reply, Outgoing& out, const std::function<void(ByteVector&)>& edit);

/// The faults of KMS messages, from bad_mac on.
void apply_message_fault(const Fault& fault, const Reply& reply, kms::Codec& codec, Outgoing& out);

}  // namespace diag::session
