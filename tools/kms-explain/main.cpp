#include <unistd.h>

#include <array>
#include <cerrno>
#include <exception>
#include <system_error>

#include "libdiag/cli/exit_status.h"
#include "libdiag/cli/signals.h"
#include "tools/kms-explain/run.h"

namespace {

constexpr std::string_view tool_name = "kms-explain";

// What is there, as it comes: a log may be one that somebody still writes.
std::optional<diag::Bytes> read_input() {
    static std::array<std::uint8_t, 64 * 1024> buffer;
    ssize_t size = 0;
    do {
        size = read(STDIN_FILENO, buffer.data(), buffer.size());
    } while (size < 0 && errno == EINTR);
    if (size >= 0) return diag::Bytes{buffer.data(), static_cast<std::size_t>(size)};
    const std::error_code error{errno, std::generic_category()};
    diag::cli::write_error(tool_name, "standard input: " + error.message());
    return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) try {
    diag::cli::keep_standard_descriptors();
    diag::cli::ignore_write_signals();
    const auto options = diag::explain_tool::parse_options(argc, argv, isatty(STDIN_FILENO) == 0);
    if (!options) {
        diag::cli::write_error(tool_name, options.error());
        return diag::cli::status_failed;
    }
    diag::cli::Output out{tool_name};
    if (options->help) return out.print(diag::explain_tool::help_text());
    if (options->version) return out.print(diag::explain_tool::version_text());
    diag::lang::speak(options->language);
    const bool colored = diag::cli::wants_color(options->color, STDOUT_FILENO);
    return diag::explain_tool::run(*options, {.out = out, .colored = colored, .read_log = read_input});
} catch (const std::exception& error) {
    diag::cli::write_error(tool_name, error.what());
    return diag::cli::status_failed;
}
