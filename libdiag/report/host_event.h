#pragma once

#include "libdiag/report/text.h"
#include "libdiag/session/event_12290.h"
#include "libdiag/session/publish_event.h"

namespace diag::report {

/// One line: time of the entry, event number, and the nine fields as the event log has them, separated by commas. The
/// machine name is a peer's: escaped, a comma in it included.
///
///     2026-11-23T20:09:15.123Z 12290 0x0,25,pc7.example.test,2c9b…,2026/11/23 20:09,0,2,43200,7311…
void append_event(std::string& out, const session::Event12290& event, const Style& style);

/// The same as one line of JSON (docs/schema/kms-refhost.schema.json). What was not read from the request is null.
void append_event_json(std::string& out, const session::Event12290& event);

/// A registration in DNS, likewise: time, number, the fields of the event, and in parentheses what came of it.
///
///     2026-11-23T20:09:15.123Z 12294 corp.test (198.51.100.53:53 took the update of zone corp.test over UDP)
///     2026-11-23T20:09:15.123Z 12293 0x8007232D,corp.test (198.51.100.53:53 answers the update of zone ... with REFUSED; ...)
void append_event(std::string& out, const session::PublishEvent& event, const Style& style);
void append_event_json(std::string& out, const session::PublishEvent& event);

}  // namespace diag::report
