#pragma once

#include "libdiag/base/bytes.h"

namespace diag::dcerpc {

/// Whether `payload`, of any length, can be the beginning of a bind or alter_context. Cheap enough for every packet that
/// opens a direction of a connection.
bool starts_bind(Bytes payload);

enum class KmsBind : std::uint8_t {
    no,         ///< not a bind, or one that offers only other interfaces
    need_more,  ///< so far a bind, the KMS interface has not been seen in it yet
    yes,
};

/// Whether the stream that begins with `payload` begins with a bind or alter_context that offers the KMS interface.
/// Says yes as soon as the interface was read, so a bind that a snaplen cut behind it is recognised too.
KmsBind starts_kms_bind(Bytes payload);

}  // namespace diag::dcerpc
