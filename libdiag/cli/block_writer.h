#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "libdiag/cli/output.h"

namespace diag::cli {

/// Results of many small pieces: one system call for many of them. A piece that comes within 100 ms of the last writing waits
/// for the next piece or for flush(): whoever pauses calls that. When nobody
/// reads them any more, or they cannot be written, it asks the tool to stop (signals.h). Progress, on a terminal, stands on a
/// line of its own on standard error and goes away when results are written.
class BlockWriter {
public:
    BlockWriter(Output& out, bool shows_progress) : out_{out}, shows_progress_{shows_progress} {}

    void write(std::string_view text);
    void flush();
    /// "3 of 100 targets", now and then.
    void progress(std::size_t done, std::size_t all, std::string_view what);
    void clear_progress();

private:
    Output& out_;
    bool shows_progress_;
    std::string pending_;
    std::chrono::steady_clock::time_point flushed_, shown_;
    bool progress_shown_ = false;
};

}  // namespace diag::cli
