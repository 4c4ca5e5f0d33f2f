#include "libdiag/probe/target_report.h"
#include "libdiag/check/consequences.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace diag::probe {

using session::ConnectEnd;

namespace {

constexpr std::size_t max_kept_count = 65'536;

}  // namespace

void Durations::add(std::chrono::nanoseconds duration) {
    if (kept_.size() < max_kept_count) {
        kept_.push_back(duration);
    } else {
        kept_[count_ % max_kept_count] = duration;
    }
    ++count_;
    sum_ += duration;
    last_ = duration;
}

std::chrono::nanoseconds Durations::mean() const {
    return count_ == 0 ? std::chrono::nanoseconds{0} : sum_ / static_cast<std::int64_t>(count_);
}

std::chrono::nanoseconds Durations::percentile(double share) const {
    if (kept_.empty()) return std::chrono::nanoseconds{0};
    std::vector<std::chrono::nanoseconds> sorted = kept_;
    // Nearest rank: the smallest value that at least this share of all does not exceed.
    constexpr double rounding_error = 1e-9;  // 0.07 * 100 is more than 7
    const double rank = std::ceil(share * static_cast<double>(sorted.size()) - rounding_error);
    const auto index = std::min(sorted.size() - 1, static_cast<std::size_t>(std::max(rank - 1, 0.0)));
    std::ranges::nth_element(sorted, sorted.begin() + static_cast<std::ptrdiff_t>(index));
    return sorted[index];
}

std::string_view port_state(const Attempt& attempt) {
    // A closed port answers TCP with a RST; ICMP comes from a firewall or router, or tells that nobody is there.
    if (attempt.icmp) return "filtered";
    switch (attempt.connect_end) {
        case ConnectEnd::connected:
        case ConnectEnd::reset: return "listening";
        case ConnectEnd::refused: return "not listening";
        case ConnectEnd::no_answer: return "filtered";
        default: return "unreachable";
    }
}

const check::Finding* deciding(const std::vector<check::Finding>& findings) {
    if (check::worst(findings).value_or(check::Severity::info) == check::Severity::info) return nullptr;
    return &findings[check::causes_among(findings).front().finding];
}

std::string verdict_text(const TargetReport& report) {
    if (const auto* finding = deciding(report.findings)) return finding->title;
    for (const AddressReport& address : report.addresses) {
        const Attempt& last = address.last;
        if (!last.bind || !last.bind->offers_kms) continue;
        if (!last.request) return fmt::format("KMS answers at {}", to_string(last.target));
        if (last.request->count)
            return fmt::format("KMS works at {}: {} of {} clients counted", to_string(last.target),
                               *last.request->count, last.request->needed_count);
        return fmt::format("KMS answers requests at {}", to_string(last.target));
    }
    return "nothing was found wrong";
}

}  // namespace diag::probe
