#pragma once

#include <array>
#include <vector>

#include "libdiag/dissect/conversation.h"
#include "libdiag/redact/pseudonyms.h"

namespace diag::redact {

/// Bytes that take the place of as many in the stream of one side.
struct Edit {
    std::int64_t stream_offset = 0;  ///< as in dissect::PduRecord: from the first byte behind the SYN, or seen
    ByteVector bytes;
};

/// What stands in the two streams of a conversation instead of what was sent: by offset, without overlaps. What no edit
/// covers has no place in a redacted capture, and becomes zeros: all that was looked at is in an edit, be it changed or
/// not.
struct ConversationEdits {
    std::array<std::vector<Edit>, 2> sides;  ///< indexed by dissect::Side

    const std::vector<Edit>& of(dissect::Side side) const { return sides[static_cast<std::size_t>(side)]; }
};

/// Makes them while the conversation is reported: its views must be valid. `codec`: of the profile with which it was
/// read. Messages that it opens are encrypted and signed again so that each check comes out as before; of those that it
/// does not open only what is in the clear and tells nobody is left.
ConversationEdits edit_conversation(const dissect::Conversation& conversation, kms::Codec& codec,
                                    const Pseudonyms& pseudonyms);

}  // namespace diag::redact
