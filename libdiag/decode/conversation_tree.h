#pragma once

#include <string>

#include "libdiag/dissect/conversation.h"
#include "libdiag/report/text.h"

namespace diag::decode {

/// The field tree of every PDU of a conversation, with byte ranges within the PDU; of protected bodies that the profile
/// opens, the ranges of their ciphertext.
void append_trees(std::string& out, const dissect::Conversation& conversation, const report::Style& style);

}  // namespace diag::decode
