#include "libdiag/cli/output.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "libdiag/cli/exit_status.h"

namespace diag::cli {

std::error_code write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            // Somebody who shares a terminal or pipe with us made it so (ssh does).
            pollfd wanted{.fd = fd, .events = POLLOUT, .revents = 0};
            ::poll(&wanted, 1, -1);
        } else if (errno != EINTR) {
            return {errno, std::generic_category()};
        }
    }
    return {};
}

void write_error(std::string_view tool, std::string_view line) {
    // In one piece, so that lines of several tools do not mix. Nobody is left to tell when even this fails.
    static_cast<void>(write_all(STDERR_FILENO, fmt::format("{}: {}\n", tool, line)));
}

bool wants_color(Color color, int fd) {
    if (color != Color::automatic) return color == Color::always;
    const char* no_color = std::getenv("NO_COLOR");
    return (no_color == nullptr || *no_color == '\0') && isatty(fd) != 0;
}

bool Output::write(std::string_view text) {
    if (ended_) return false;
    const std::error_code error = write_all(fd_, text);
    if (!error) return true;
    ended_ = true;
    if (error == std::errc::broken_pipe) return false;
    failed_ = true;
    write_error(tool_, fmt::format("{}: {}", name_, error.message()));
    return false;
}

int Output::status(int status) const { return failed_ ? status_failed : status; }

int Output::print(std::string_view text) { return write(text) ? status_ok : status_failed; }

}  // namespace diag::cli
