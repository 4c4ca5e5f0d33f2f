#include "tools/kms-decode/progress.h"

#include <fmt/format.h>

#include <cstdio>

#include "libdiag/report/text.h"

namespace diag::tool {
namespace {

constexpr auto first_after = std::chrono::seconds{1};
constexpr auto interval = std::chrono::milliseconds{200};

}  // namespace

std::string progress_text(const std::string& name, std::uint64_t bytes_read, std::optional<std::uint64_t> total_size,
                          std::uint64_t packet_count, double seconds) {
    const double rate = seconds > 0 ? static_cast<double>(bytes_read) / seconds : 0;
    std::string text = fmt::format("{}: {}", name, report::format_size(bytes_read));
    if (total_size && *total_size > 0) {
        const auto percent =
            static_cast<unsigned>(100.0 * static_cast<double>(bytes_read) / static_cast<double>(*total_size));
        text += fmt::format(" of {} ({} %)", report::format_size(*total_size), percent);
    }
    text += fmt::format(", {}/s", report::format_size(static_cast<std::uint64_t>(rate)));
    if (total_size && rate > 0 && *total_size > bytes_read) {
        text += fmt::format(", {:.0f} s left", static_cast<double>(*total_size - bytes_read) / rate);
    }
    return text + fmt::format(", {} packets", packet_count);
}

void Progress::begin(std::string name, std::optional<std::uint64_t> total_size) {
    name_ = std::move(name);
    total_size_ = total_size;
    start_ = Clock::now();
    last_ = start_;
}

void Progress::update(std::uint64_t bytes_read, std::uint64_t packet_count) {
    if (!enabled_) return;
    const auto now = Clock::now();
    if (now - start_ < first_after || now - last_ < interval) return;
    last_ = now;
    shown_ = true;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    fmt::print(stderr, "\r\x1b[K{}", progress_text(name_, bytes_read, total_size_, packet_count, seconds));
    std::fflush(stderr);
}

void Progress::clear() {
    if (!shown_) return;
    fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
    shown_ = false;
}

}  // namespace diag::tool
