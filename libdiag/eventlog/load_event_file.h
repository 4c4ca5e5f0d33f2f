#pragma once

#include <expected>
#include <string>

#include "libdiag/windows/events.h"

namespace diag::eventlog {

/// Reads an exported event log of any format from a file, "-" for standard input. The error is one line without the name of
/// the file. It may fork, as read_evtx() does.
std::expected<windows::EventLog, std::string> load_event_file(const std::string& path);

/// Whether a regular file begins as an exported event log does. False for what cannot be opened, and for pipes, which are not
/// touched.
bool is_event_file(const std::string& path);

}  // namespace diag::eventlog
