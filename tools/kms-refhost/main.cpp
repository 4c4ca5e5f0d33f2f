#include <unistd.h>

#include <exception>

#include "libdiag/cli/exit_status.h"
#include "libdiag/cli/output.h"
#include "libdiag/cli/signals.h"
#include "tools/kms-refhost/run.h"
#include "tools/kms-refhost/texts.h"

namespace {

constexpr std::string_view tool_name = "kms-refhost";

void write_error(std::string_view line) { diag::cli::write_error(tool_name, line); }

// What is said by the way: nobody has to hear it.
void say(std::string_view text) { static_cast<void>(diag::cli::write_all(STDERR_FILENO, text)); }

}  // namespace

int main(int argc, char** argv) try {
    diag::cli::keep_standard_descriptors();
    diag::cli::ignore_write_signals();
    const auto options = diag::refhost::parse_options(argc, argv);
    if (!options) {
        write_error(options.error());
        return diag::cli::status_failed;
    }
    diag::cli::Output out{tool_name};
    if (options->help) return out.print(diag::refhost::help_text());
    if (options->version) return out.print(diag::refhost::version_text());
    if (options->fault_list) return out.print(diag::refhost::fault_list());
    if (options->host_key_list) return out.print(diag::refhost::host_key_list());
    return diag::refhost::run(*options, {.say = say,
                                         .error = write_error,
                                         .output = STDOUT_FILENO,
                                         .colored = diag::cli::wants_color(options->color, STDOUT_FILENO)});
} catch (const std::exception& error) {
    write_error(error.what());
    return diag::cli::status_failed;
}
