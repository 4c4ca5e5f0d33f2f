#include "tools/kms-refhost/event_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "libdiag/base/utf.h"

namespace diag::refhost {
namespace {

constexpr std::size_t patient_size = std::size_t{16} << 20;
constexpr std::size_t max_pending_size = std::size_t{64} << 20;
constexpr std::size_t trim_size = std::size_t{1} << 20;
constexpr int wait_time_ms = 1000;
constexpr int finish_time_ms = 2000;
constexpr mode_t file_mode = 0640;  // names of machines are for those who run the host

bool can_block(int fd) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && !S_ISREG(status.st_mode);
}

}  // namespace

std::expected<EventLog, std::string> EventLog::open(const std::string& path, Format format) {
    const std::string name = escape_for_terminal(path);
    const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, file_mode);
    if (fd < 0) return std::unexpected(fmt::format("event log {}: {}", name, std::strerror(errno)));
    EventLog log = to_descriptor(fd, format);
    log.owned_ = true;
    log.name_ = "event log " + name;
    return log;
}

EventLog EventLog::to_descriptor(int fd, Format format) {
    EventLog log;
    log.fd_ = fd;
    log.format_ = format;
    log.may_block_ = can_block(fd);
    log.name_ = "standard output";
    return log;
}

EventLog::EventLog(EventLog&& other) noexcept { *this = std::move(other); }

EventLog& EventLog::operator=(EventLog&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(owned_, other.owned_);
    std::swap(may_block_, other.may_block_);
    std::swap(format_, other.format_);
    std::swap(name_, other.name_);
    std::swap(pending_, other.pending_);
    std::swap(written_, other.written_);
    std::swap(count_, other.count_);
    return *this;
}

EventLog::~EventLog() {
    if (owned_) ::close(fd_);
}

void EventLog::add(const session::Event12290& event) {
    ++count_;
    append(event);
}

void EventLog::add(const session::PublishEvent& event) { append(event); }

template <class Event> void EventLog::append(const Event& event) {
    if (fd_ < 0) return;
    if (format_.json) {
        report::append_event_json(pending_, event);
    } else {
        report::append_event(pending_, event, report::Style{format_.colored});
    }
}

void EventLog::drop() {
    if (owned_) ::close(fd_);
    owned_ = false;
    fd_ = -1;
    pending_.clear();
    written_ = 0;
}

bool EventLog::is_ready(int timeout_ms) const {
    pollfd wanted{.fd = fd_, .events = POLLOUT, .revents = 0};
    return ::poll(&wanted, 1, timeout_ms) > 0;  // an error or hang-up counts: writing says which
}

EventLog::Result EventLog::write() {
    while (rest() > 0) {
        if (may_block_ && !is_ready(rest() > patient_size ? wait_time_ms : 0)) {
            if (rest() <= max_pending_size) return {};
            return std::unexpected(Error{.message = fmt::format("{}: nobody reads the events", name_)});
        }
        // A pipe that is ready takes this much without blocking (pipe(7)).
        if (auto done = write_chunk(may_block_ ? std::min<std::size_t>(rest(), PIPE_BUF) : rest()); !done) return done;
    }
    return {};
}

EventLog::Result EventLog::write_chunk(std::size_t size) {
    const ssize_t written = ::write(fd_, pending_.data() + written_, size);
    if (written >= 0) {
        written_ += static_cast<std::size_t>(written);
        // A reader that is always a little behind must not let what it has read pile up.
        if (rest() == 0 || written_ > trim_size) pending_.erase(0, std::exchange(written_, 0));
        return {};
    }
    if (errno == EINTR || errno == EAGAIN) return {};
    if (errno == EPIPE) return std::unexpected(Error{.end = End::closed_pipe, .message = {}});
    return std::unexpected(Error{.message = fmt::format("{}: cannot be written: {}", name_, std::strerror(errno))});
}

EventLog::Result EventLog::finish() {
    while (true) {
        if (auto done = write(); !done) return done;
        if (pending_.empty()) return {};
        if (!is_ready(finish_time_ms))
            return std::unexpected(Error{.message = fmt::format("{}: nobody reads the events", name_)});
    }
}

}  // namespace diag::refhost
