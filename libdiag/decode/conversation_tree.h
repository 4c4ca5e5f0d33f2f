#pragma once

#include <string>

#include "libdiag/dissect/conversation.h"
#include "libdiag/report/text.h"

namespace diag::decode {

/// The field tree of every PDU of a conversation, with byte ranges within the PDU. Bodies that the profile opens are
/// shown as they read when decrypted, without byte ranges.
void append_trees(std::string& out, const dissect::Conversation& conversation, kms::Codec& codec, const report::Style& style);

}  // namespace diag::decode
