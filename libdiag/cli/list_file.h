#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace diag::cli {

/// The text of a list that an option names, "-" for standard input; at most 64 MiB. The error is one line that begins with the
/// option ("--targets FILE: ..."), fit for a terminal.
std::expected<std::string, std::string> read_list_file(std::string_view option, const std::string& path);

}  // namespace diag::cli
