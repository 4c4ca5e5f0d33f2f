#include "libdiag/eventlog/load_event_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "libdiag/eventlog/read_event_file.h"

namespace diag::eventlog {
namespace {

constexpr std::size_t head_size = 64 * 1024;  // headings and the first row, or the first event

// One byte more than the limit is enough for read_event_file() to refuse it.
std::string take(std::istream& in, std::size_t limit) {
    std::string text;
    char block[65'536];
    while (text.size() < limit && (in.read(block, sizeof block) || in.gcount() > 0))
        text.append(block, static_cast<std::size_t>(in.gcount()));
    return text;
}

}  // namespace

std::expected<windows::EventLog, std::string> load_event_file(const std::string& path) {
    constexpr std::size_t limit = windows::limits::event_file_size + 1;
    if (path == "-") return read_event_file(bytes_of(take(std::cin, limit)));
    std::ifstream file{path, std::ios::binary};
    if (!file) return std::unexpected{std::string{std::strerror(errno)}};
    const std::string text = take(file, limit);
    if (file.bad() || (text.empty() && file.fail() && !file.eof()))
        return std::unexpected{std::string{"cannot be read"}};
    return read_event_file(bytes_of(text));
}

bool is_event_file(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) return false;
    std::ifstream file{path, std::ios::binary};
    const std::string head = take(file, head_size);
    return is_evtx(bytes_of(head)) || windows::read_events(bytes_of(head)).has_value();
}

}  // namespace diag::eventlog
