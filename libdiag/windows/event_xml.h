#pragma once

#include <string_view>

#include "libdiag/windows/event_sink.h"

namespace diag::windows {

/// Reads <Event> elements, below an <Events> or side by side, from UTF-8. A document type, and with it any entity that is
/// not one of XML's own five, ends the reading. False where it is no event log at all: neither element was there.
bool read_event_xml(std::string_view text, EventSink& sink);

}  // namespace diag::windows
