#pragma once

#include "bench/kms_messages.h"
#include "bench/tcp_talk.h"
#include "libdiag/base/time.h"

namespace diag::bench {

struct KmsTalkOptions {
    std::uint32_t exchange_count = 1;
    /// As Windows does: the host then prefers NDR64, so the client alters context for its first request.
    bool offers_ndr64 = true;
    Timestamp first_request;          ///< what the client's clock says then
    std::int64_t request_gap_ns = 0;  ///< from one request to the next
};

/// A whole connection that activates: handshake, bind, requests and granting responses, end. In every case the
/// handshake is the first `handshake_packet_count` packets.
inline constexpr std::size_t handshake_packet_count = 3;
Packets kms_talk(FrameBuilder& frames, Random& random, KmsMessages& messages, const KmsWorld::Meeting& meeting,
                 const KmsTalkOptions& options);

}  // namespace diag::bench
