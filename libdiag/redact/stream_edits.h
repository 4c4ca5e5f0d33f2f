#pragma once

#include <array>
#include <optional>
#include <vector>

#include "libdiag/dissect/dns_streams.h"
#include "libdiag/redact/conversation_edits.h"
#include "libdiag/redact/packet_rewriter.h"

namespace diag::redact {

/// Bytes that a side of a connection sent, and as many that take their place.
struct StreamEdit {
    std::uint32_t sequence = 0;  ///< TCP's number of the first
    ByteVector before, after;

    friend bool operator==(const StreamEdit&, const StreamEdit&) = default;
};

/// All that may be known of a connection, or of a part of it.
struct StreamEdits {
    Endpoint client;
    std::array<std::vector<StreamEdit>, 2> sides;  ///< indexed by dissect::Side

    /// What comes behind it, of the same connection.
    void append(StreamEdits&& more);
    /// Puts them in the order in which apply() looks for them.
    void sort();

    friend bool operator==(const StreamEdits&, const StreamEdits&) = default;
};

/// The edits of a conversation as it is reported, with what can be kept where no PDU stands. Of a part of a long conversation:
/// what is not reported with the next.
StreamEdits stream_edits(const dissect::Conversation& conversation, const ConversationEdits& edits);

/// Those of a DNS message over TCP.
StreamEdits stream_edits(const dissect::DnsFrame& frame, const Pseudonyms& pseudonyms);

/// Puts into `out`, which is zeros, what takes the place of a segment's payload. A byte that differs from that which was first
/// captured for its place becomes one that differs from its successor, whatever it was. False where all of it lies in front of
/// what was read of this side, and was judged by nobody: the connection spoke something else before.
bool apply(const StreamEdits& edits, const SegmentPlace& place, Bytes payload, std::span<std::uint8_t> out);

/// For keeping them on a disk.
ByteVector encode_edits(const StreamEdits& edits);
std::optional<StreamEdits> decode_edits(Bytes bytes);

}  // namespace diag::redact
