#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>

#include "tools/kms-decode/run.h"
#include "tools/kms-decode/version.h"

namespace {

std::atomic<bool> stop_requested{false};

extern "C" void on_signal(int) { stop_requested.store(true, std::memory_order_relaxed); }

// Without SA_RESTART, so that a blocking read ends as well. A second Ctrl-C ends the process at once.
void install_signal_handlers() {
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

bool write_all(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            // A closed pipe ends a tool quietly; anything else (a full disk) must not look like success.
            if (errno != EPIPE) {
                std::perror("kms-decode: standard output");
                std::_Exit(diag::tool::status_failed);
            }
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

int print(std::string_view text) { return write_all(text) ? diag::tool::status_ok : diag::tool::status_failed; }

void write_error(std::string_view line) { fmt::print(stderr, "kms-decode: {}\n", line); }

bool wants_color(diag::tool::Color color) {
    if (color != diag::tool::Color::automatic) return color == diag::tool::Color::always;
    const char* no_color = std::getenv("NO_COLOR");
    return (no_color == nullptr || *no_color == '\0') && isatty(STDOUT_FILENO) != 0;
}

}  // namespace

int main(int argc, char** argv) try {
    auto options = diag::tool::parse_options(argc, argv);
    if (!options) {
        write_error(options.error());
        return diag::tool::status_failed;
    }
    if (options->help) return print(diag::tool::help_text());
    if (options->version) return print(diag::tool::version_text());
    if (options->outcome_list) return print(diag::tool::outcome_list());
    install_signal_handlers();
    options->settings.colored = wants_color(options->color);
    options->settings.hash_key = std::uint64_t{std::random_device{}()} << 32 | std::random_device{}();
    const diag::tool::Environment environment{.write_result = write_all,
                                              .write_error = write_error,
                                              .error_is_terminal = isatty(STDERR_FILENO) != 0,
                                              .stop = &stop_requested};
    return diag::tool::run(*options, environment);
} catch (const std::exception& error) {
    write_error(error.what());
    return diag::tool::status_failed;
}
