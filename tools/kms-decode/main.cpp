#include <unistd.h>

#include <exception>
#include <random>

#include "libdiag/cli/exit_status.h"
#include "libdiag/cli/output.h"
#include "libdiag/cli/signals.h"
#include "tools/kms-decode/run.h"
#include "tools/kms-decode/version.h"

namespace {

constexpr std::string_view tool_name = "kms-decode";

void write_error(std::string_view line) { diag::cli::write_error(tool_name, line); }

}  // namespace

int main(int argc, char** argv) try {
    diag::cli::keep_standard_descriptors();
    diag::cli::ignore_write_signals();
    auto options = diag::tool::parse_options(argc, argv);
    if (!options) {
        write_error(options.error());
        return diag::cli::status_failed;
    }
    diag::cli::Output out{tool_name};
    if (options->help) return out.print(diag::tool::help_text());
    if (options->version) return out.print(diag::tool::version_text());
    if (options->outcome_list) return out.print(diag::tool::outcome_list());
    diag::lang::speak(options->language);
    options->settings.colored = diag::cli::wants_color(options->color, STDOUT_FILENO);
    options->settings.hash_key = std::uint64_t{std::random_device{}()} << 32 | std::random_device{}();
    const diag::tool::Environment environment{.write_result = [&out](std::string_view text) { return out.write(text); },
                                              .write_error = write_error,
                                              .error_is_terminal = isatty(STDERR_FILENO) != 0,
                                              .stop = &diag::cli::stop_on_signals()};
    return out.status(diag::tool::run(*options, environment));
} catch (const std::exception& error) {
    write_error(error.what());
    return diag::cli::status_failed;
}
