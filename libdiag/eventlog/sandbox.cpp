#include "libdiag/eventlog/sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <string>

namespace diag::eventlog {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif
#else
constexpr bool is_sanitized = false;
#endif

// A message on the pipe stands behind its size, in the byte order of the machine: both ends are the same program.
using Size = std::uint32_t;

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_{fd} {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { close_now(); }
    void close_now() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    int get() const { return fd_; }

private:
    int fd_;
};

bool write_all(int fd, const void* data, std::size_t size) {
    const auto* bytes = static_cast<const char*>(data);
    while (size > 0) {
        const ssize_t written = ::write(fd, bytes, size);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes += written;
        size -= static_cast<std::size_t>(written);
    }
    return true;
}

using Deadline = std::chrono::steady_clock::time_point;

bool wait_for_bytes(int fd, Deadline deadline) {
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) return false;
        constexpr std::int64_t longest = 1000 * 1000;
        pollfd want{.fd = fd, .events = POLLIN, .revents = 0};
        const int ready = ::poll(&want, 1, static_cast<int>(std::min<std::int64_t>(left.count(), longest)));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

// False at the end of the pipe, also within the message, and at the deadline.
bool read_all(int fd, void* data, std::size_t size, Deadline deadline) {
    auto* bytes = static_cast<char*>(data);
    while (size > 0) {
        if (!wait_for_bytes(fd, deadline)) return false;
        const ssize_t got = ::read(fd, bytes, size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        bytes += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

bool limit(int what, rlim_t value) {
    const rlimit both{value, value};
    return ::setrlimit(static_cast<__rlimit_resource_t>(what), &both) == 0;
}

bool restrict_child(const SandboxLimits& limits) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // A crash is expected to end the child, quietly; the program's own handlers are not for it.
    for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGTERM, SIGINT, SIGXCPU, SIGPIPE})
        ::signal(signal, SIG_DFL);
    const bool has_memory_limit = is_sanitized || limit(RLIMIT_DATA, limits.memory_size);
    // The sanitizers ask the kernel through a pipe whether memory may be read.
    const bool has_file_limit = is_sanitized || limit(RLIMIT_NOFILE, 0);
    return has_memory_limit && has_file_limit &&
           limit(RLIMIT_CPU, static_cast<rlim_t>(limits.processor_time.count())) && limit(RLIMIT_CORE, 0) &&
           limit(RLIMIT_FSIZE, 0);
}

// Never returns: what belongs to the parent (its buffers, its destructors) must not run twice.
[[noreturn]] void be_child(int fd, const SandboxLimits& limits, const std::function<void(const SendMessage&)>& work) {
    int status = 1;
    try {
        const auto send = [&](std::string_view message) {
            if (message.size() > limits.message_size) return false;
            const auto size = static_cast<Size>(message.size());
            return write_all(fd, &size, sizeof size) && write_all(fd, message.data(), message.size());
        };
        if (restrict_child(limits)) {
            work(send);
            status = 0;
        }
    } catch (const std::exception&) {
        status = 1;  // out of memory: the parent sees that the child failed
    }
    ::_exit(status);
}

// True: the receiver wanted no more.
bool receive_all(int fd, const SandboxLimits& limits, const ReceiveMessage& receive) {
    const Deadline deadline = std::chrono::steady_clock::now() + limits.time;
    std::string message;
    for (Size size = 0; read_all(fd, &size, sizeof size, deadline);) {
        // The child may have lost its mind: its sizes are no more to be trusted than the file.
        if (size > limits.message_size) return false;
        message.resize(size);
        if (!read_all(fd, message.data(), size, deadline)) return false;
        if (!receive(message)) return true;
    }
    return false;
}

// Nothing is left to read, and nobody is left to write.
bool at_end(int fd) {
    pollfd want{.fd = fd, .events = POLLIN, .revents = 0};
    return ::poll(&want, 1, 0) == 1 && (want.revents & POLLIN) == 0 && (want.revents & POLLHUP) != 0;
}

bool ended_well(pid_t child, bool kill_first) {
    if (kill_first) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return false;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

SandboxEnd run_in_sandbox(const SandboxLimits& limits, const std::function<void(const SendMessage&)>& work,
                          const ReceiveMessage& receive) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return SandboxEnd::failed;
    Descriptor in{ends[0]};
    Descriptor out{ends[1]};
    const pid_t child = ::fork();
    if (child < 0) return SandboxEnd::failed;
    if (child == 0) {
        in.close_now();
        be_child(out.get(), limits, work);
    }
    out.close_now();
    bool stopped = false;
    try {
        stopped = receive_all(in.get(), limits, receive);
    } catch (...) {
        ended_well(child, true);
        throw;
    }
    // Whatever ended the reading: a child that is not about to end by itself never will.
    const bool well = ended_well(child, stopped || !at_end(in.get()));
    if (stopped) return SandboxEnd::stopped;
    return well ? SandboxEnd::completed : SandboxEnd::failed;
}

}  // namespace diag::eventlog
