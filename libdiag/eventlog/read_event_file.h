#pragma once

#include <expected>
#include <string>

#include "libdiag/eventlog/sandbox.h"
#include "libdiag/windows/events.h"

namespace diag::eventlog {

/// Reads an exported event log of any format: EVTX as read_evtx() does, the others as windows::read_events() does.
std::expected<windows::EventLog, std::string> read_event_file(Bytes file);

/// Whether a file begins as EVTX does.
bool is_evtx(Bytes file);

/// Reads an EVTX file (a log of Windows Vista and later, as wevtutil epl and the Event Viewer save it), with libevtx in a
/// child process of its own: should that crash, or find no end, the events before it are kept and EventLog::problem says so.
/// The error is one line.
///
/// It forks: call it before the program has threads that hold locks.
std::expected<windows::EventLog, std::string> read_evtx(Bytes file, const SandboxLimits& limits = {});

}  // namespace diag::eventlog
