#pragma once

#include <string>
#include <string_view>
#include <system_error>

#include "libdiag/cli/common_options.h"

namespace diag::cli {

/// Writes all of the text; a descriptor that does not block is waited for. The error is errno's.
std::error_code write_all(int fd, std::string_view text);

/// "TOOL: LINE" on standard error. The line is fit for a terminal already.
void write_error(std::string_view tool, std::string_view line);

/// What --color and NO_COLOR (no-color.org) make of a descriptor.
bool wants_color(Color color, int fd);

/// Where a tool's results go: standard output, or another open descriptor, which it borrows.
///
/// Results that nobody reads any more (a closed pipe) end quietly: write() says false, and the tool stops. Anything else
/// that goes wrong (a full disk) is told once on standard error, and status() does not let it look like success.
class Output {
public:
    explicit Output(std::string_view tool, int fd = 1, std::string_view name = "standard output")
        : tool_{tool}, name_{name}, fd_{fd} {}

    /// False when there is no use in going on.
    bool write(std::string_view text);

    /// No use in going on: closed, or failed.
    bool has_ended() const { return ended_; }
    bool has_failed() const { return failed_; }

    /// The exit status for a tool that would end with this one.
    int status(int status) const;
    /// Writes the text of --help and its like; the exit status for it.
    int print(std::string_view text);

private:
    std::string tool_, name_;
    int fd_;
    bool ended_ = false;
    bool failed_ = false;
};

}  // namespace diag::cli
