#pragma once

#include <string_view>

#include "libdiag/windows/event_sink.h"

namespace diag::windows {

/// Reads a table of events: a line of headings, and rows of columns separated by commas, semicolons or tabs, of which those
/// with line breaks or separators are in quotes. The Event Viewer names five columns and writes six: the last is the message.
/// False where the headings and the first row are not those of events.
bool read_event_table(std::string_view text, EventSink& sink);

}  // namespace diag::windows
