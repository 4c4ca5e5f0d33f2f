#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace diag::cli {

/// The content of a file of which `max_size` bytes are taken, "-" is standard input; one byte more where there is more, so that
/// whoever has the limit sees it. The error is one line without the name of the file: "No such file or directory".
std::expected<std::string, std::string> read_input_file(const std::string& path, std::size_t max_size);

}  // namespace diag::cli
