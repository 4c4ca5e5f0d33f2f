#include "libdiag/cli/input_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

namespace diag::cli {
namespace {

std::string take(std::istream& in, std::size_t size) {
    std::string text(size, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

}  // namespace

std::expected<std::string, std::string> read_input_file(const std::string& path, std::size_t max_size) {
    if (path == "-") return take(std::cin, max_size + 1);
    std::ifstream file{path, std::ios::binary};
    if (!file) return std::unexpected(std::strerror(errno));
    std::string text = take(file, max_size + 1);
    if (file.bad()) return std::unexpected("cannot be read");
    return text;
}

}  // namespace diag::cli
