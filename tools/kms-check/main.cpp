#include <unistd.h>

#include <exception>

#include "libdiag/cli/exit_status.h"
#include "libdiag/cli/request_options.h"
#include "libdiag/cli/signals.h"
#include "tools/kms-check/run.h"

namespace {

constexpr std::string_view tool_name = "kms-check";

}  // namespace

int main(int argc, char** argv) try {
    diag::cli::keep_standard_descriptors();
    diag::cli::ignore_write_signals();
    auto options = diag::check_tool::parse_options(argc, argv);
    if (!options) {
        diag::cli::write_error(tool_name, options.error());
        return diag::cli::status_failed;
    }
    diag::cli::Output out{tool_name};
    if (options->help) return out.print(diag::check_tool::help_text());
    if (options->version) return out.print(diag::check_tool::version_text());
    if (options->product_list) return out.print(diag::cli::product_list());
    diag::lang::speak(options->language);
    const auto& stop = diag::cli::stop_on_signals();
    const bool colored = diag::cli::wants_color(options->color, STDOUT_FILENO);
    return diag::check_tool::run(std::move(*options), {.out = out, .colored = colored, .stop = &stop});
} catch (const std::exception& error) {
    diag::cli::write_error(tool_name, error.what());
    return diag::cli::status_failed;
}
