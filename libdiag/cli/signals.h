#pragma once

#include <atomic>

namespace diag::cli {

/// Makes writing to a closed pipe, or past the largest size of a file, an error of the write instead of our end.
void ignore_write_signals();

/// Opens /dev/null in place of standard descriptors that are closed, so that no socket or file gets their number and our
/// results with it. Before anything else is opened.
void keep_standard_descriptors();

/// From now on SIGINT and SIGTERM set the flag that is returned, and end a blocking call of the thread that they meet.
/// Only the first of each: the second ends the process at once.
const std::atomic<bool>& stop_on_signals();

/// Sets that flag as the first signal would: for a tool whose results nobody reads any more.
void request_stop();

}  // namespace diag::cli
