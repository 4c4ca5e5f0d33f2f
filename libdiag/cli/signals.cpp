#include "libdiag/cli/signals.h"

#include <fcntl.h>

#include <csignal>
#include <cstdlib>

namespace diag::cli {
namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // else no handler may touch it

extern "C" void on_stop_signal(int) { stop_requested.store(true, std::memory_order_relaxed); }

}  // namespace

void ignore_write_signals() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

void keep_standard_descriptors() {
    for (const int fd : {0, 1, 2})
        if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd) std::abort();
}

const std::atomic<bool>& stop_on_signals() {
    struct sigaction action {};
    action.sa_handler = on_stop_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);  // and no SA_RESTART
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    return stop_requested;
}

void request_stop() { stop_requested.store(true, std::memory_order_relaxed); }

}  // namespace diag::cli
