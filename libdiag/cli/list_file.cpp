#include "libdiag/cli/list_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "libdiag/base/utf.h"

namespace diag::cli {
namespace {

constexpr std::size_t max_list_size = std::size_t{64} << 20;

std::string take(std::istream& in) {
    std::string text;
    char block[65'536];
    while (text.size() <= max_list_size && (in.read(block, sizeof block) || in.gcount() > 0))
        text.append(block, static_cast<std::size_t>(in.gcount()));
    return text;
}

}  // namespace

std::expected<std::string, std::string> read_list_file(std::string_view option, const std::string& path) {
    const auto problem = [&](std::string_view what) {
        return std::unexpected(fmt::format("{} {}: {}", option, escape_for_terminal(path), what));
    };
    std::string text;
    if (path == "-") {
        text = take(std::cin);
    } else {
        std::ifstream file{path, std::ios::binary};
        if (!file) return problem(std::strerror(errno));
        text = take(file);
        if (file.bad() || (text.empty() && file.fail() && !file.eof())) return problem("cannot be read");
    }
    if (text.size() > max_list_size) return problem("the list is longer than 64 MiB; split it");
    if (text.starts_with(utf8_byte_order_mark)) text.erase(0, utf8_byte_order_mark.size());
    return text;
}

}  // namespace diag::cli
