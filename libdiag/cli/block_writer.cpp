#include "libdiag/cli/block_writer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "libdiag/cli/signals.h"

namespace diag::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t block_size = 32'768;
constexpr std::chrono::milliseconds patience{100};
constexpr std::chrono::milliseconds progress_interval{200};

}  // namespace

void BlockWriter::write(std::string_view text) {
    if (text.empty()) return;
    pending_ += text;
    const auto now = Clock::now();
    if (pending_.size() < block_size && now - flushed_ < patience) return;
    flushed_ = now;
    flush();
}

void BlockWriter::flush() {
    clear_progress();
    if (!pending_.empty() && !out_.write(pending_)) request_stop();
    pending_.clear();
}

void BlockWriter::progress(std::size_t done, std::size_t all, std::string_view what) {
    const auto now = Clock::now();
    if (!shows_progress_ || all < 2 || now - shown_ < progress_interval) return;
    shown_ = now;
    progress_shown_ = true;
    static_cast<void>(write_all(STDERR_FILENO, fmt::format("\r\x1b[K{} of {} {}", done, all, what)));
}

void BlockWriter::clear_progress() {
    if (!std::exchange(progress_shown_, false)) return;
    static_cast<void>(write_all(STDERR_FILENO, "\r\x1b[K"));
}

}  // namespace diag::cli
