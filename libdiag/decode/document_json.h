#pragma once

#include <optional>
#include <string_view>

#include "libdiag/dissect/conversation.h"
#include "libdiag/report/json_writer.h"

/// What the lines of --json have in common.
namespace diag::decode {

/// Opens the object of a line: schema version, kind; and the capture that it is about.
void begin_document(report::JsonWriter& json, std::string_view kind);
void begin_document(report::JsonWriter& json, std::string_view kind, std::string_view capture);
/// Of a line about all captures of the run.
void begin_document(report::JsonWriter& json, std::string_view kind);

void write_endpoint(report::JsonWriter& json, std::string_view key, const Endpoint& endpoint);
/// null without a value.
void write_duration(report::JsonWriter& json, std::string_view key, const std::optional<std::int64_t>& ns);
/// null without a packet.
void write_time(report::JsonWriter& json, std::string_view key, const dissect::Mark& mark, unsigned digits);

}  // namespace diag::decode
