#pragma once

#include "libdiag/dissect/conversation.h"
#include "libdiag/report/json_writer.h"

namespace diag::decode {

/// `"exchanges": [...]` as a member of the open object.
void write_exchanges(report::JsonWriter& json, const dissect::Conversation& conversation);

}  // namespace diag::decode
