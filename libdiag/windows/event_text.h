#pragma once

#include <string_view>

#include "libdiag/windows/event_sink.h"

namespace diag::windows {

/// Whether a text begins like the output of wevtutil qe /f:text: "Event[0]:", or "Event[0]" of newer systems.
bool is_event_text(std::string_view text);

/// Reads that output: blocks of "  Name: value" (the names are English on every system), and a description at the end.
void read_event_text(std::string_view text, EventSink& sink);

}  // namespace diag::windows
