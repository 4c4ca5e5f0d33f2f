#pragma once

#include <string_view>

#include "libdiag/windows/event_sink.h"

namespace diag::windows {

/// Whether a text begins like events that PowerShell's Format-List wrote: Get-WinEvent or Get-EventLog.
bool is_event_list(std::string_view text);

/// Reads that output: blocks of "Name : value" with their colons in one column (the names are English on every system). What
/// goes on in further lines stands below the value; lines that are full were cut there by PowerShell.
void read_event_list(std::string_view text, EventSink& sink);

}  // namespace diag::windows
