#pragma once

#include <string_view>

#include "libdiag/windows/event_sink.h"

namespace diag::windows {

/// Whether a text begins like the output of wevtutil qe /f:text, "Event[0]:" (newer systems leave out the colon), or like the
/// details of an event that the Event Viewer copied as text.
bool is_event_text(std::string_view text);

/// Reads either: blocks of "Name: value" and a description at the end. In other languages than English the names are told by
/// their order, which is the same everywhere. What the Event Viewer copied may have the XML of the event behind its description,
/// which is read in place of the text.
void read_event_text(std::string_view text, EventSink& sink);

}  // namespace diag::windows
