#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "tools/kms-refhost/run.h"
#include "tools/kms-refhost/texts.h"

namespace {

void write_error(std::string_view line) { fmt::print(stderr, "kms-refhost: {}\n", line); }

void say(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

int print(std::string_view text) {
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    return written ? diag::refhost::status_ok : diag::refhost::status_failed;
}

bool wants_color(diag::refhost::Color color) {
    using diag::refhost::Color;
    if (color != Color::automatic) return color == Color::always;
    const char* no_color = std::getenv("NO_COLOR");
    return (no_color == nullptr || *no_color == '\0') && isatty(STDOUT_FILENO) != 0;
}

}  // namespace

int main(int argc, char** argv) try {
    std::signal(SIGPIPE, SIG_IGN);  // writing says so
    std::signal(SIGXFSZ, SIG_IGN);  // a file that has reached its limit is an error like a full disk
    const auto options = diag::refhost::parse_options(argc, argv);
    if (!options) {
        write_error(options.error());
        return diag::refhost::status_failed;
    }
    if (options->help) return print(diag::refhost::help_text());
    if (options->version) return print(diag::refhost::version_text());
    if (options->fault_list) return print(diag::refhost::fault_list());
    if (options->host_key_list) return print(diag::refhost::host_key_list());
    return diag::refhost::run(
        *options, {.say = say, .error = write_error, .output = STDOUT_FILENO, .colored = wants_color(options->color)});
} catch (const std::exception& error) {
    write_error(error.what());
    return diag::refhost::status_failed;
}
