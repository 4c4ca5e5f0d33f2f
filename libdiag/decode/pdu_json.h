#pragma once

#include "libdiag/dissect/conversation.h"
#include "libdiag/report/json_writer.h"

namespace diag::decode {

/// `"pdus": [...]` as a member of the open object.
void write_pdus(report::JsonWriter& json, const dissect::Conversation& conversation);

/// A transfer syntax by its name, or null.
void write_syntax(report::JsonWriter& json, std::string_view key, const std::optional<dcerpc::Syntax>& syntax);

}  // namespace diag::decode
