#pragma once

#include "libdiag/discover/discovery.h"
#include "libdiag/report/json_writer.h"

namespace diag::discover {

/// The member "lookups": an object for each domain that was asked (docs/schema/kms-check.schema.json, $defs/lookup).
void write_lookups(report::JsonWriter& json, const Discovery& discovery);

/// The value of a member "origin": the record that names a host; null where there is none.
void write_origin(report::JsonWriter& json, const std::optional<Host>& host);

}  // namespace diag::discover
