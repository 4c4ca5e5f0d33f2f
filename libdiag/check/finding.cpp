#include "libdiag/check/finding.h"

#include <algorithm>
#include <utility>

namespace diag::check {

std::string_view name_of(Severity severity) {
    switch (severity) {
        case Severity::info: return "info";
        case Severity::warning: return "warning";
        case Severity::critical: return "critical";
    }
    std::unreachable();
}

std::string_view name_of(Stage stage) {
    switch (stage) {
        case Stage::dns: return "dns";
        case Stage::connect: return "connect";
        case Stage::bind: return "bind";
        case Stage::request: return "request";
        case Stage::response: return "response";
        case Stage::count: return "count";
        case Stage::clock: return "clock";
        case Stage::host: return "host";
        case Stage::capture: return "capture";
    }
    std::unreachable();
}

std::span<const Stage> all_stages() {
    static constexpr Stage stages[] = {Stage::dns,   Stage::connect, Stage::bind, Stage::request, Stage::response,
                                       Stage::count, Stage::clock,   Stage::host, Stage::capture};
    return stages;
}

std::optional<Severity> worst(std::span<const Finding> findings) {
    const auto severity_of = [](const Finding& finding) { return finding.rule->severity; };
    const auto highest = std::ranges::max_element(findings, {}, severity_of);
    if (highest == findings.end()) return std::nullopt;
    return severity_of(*highest);
}

std::optional<Severity> alarm_of(std::optional<Severity> worst, std::optional<Severity> fail_on) {
    if (!worst || !fail_on || *worst < *fail_on || *worst == Severity::info) return std::nullopt;
    return worst;
}

namespace {

std::vector<std::string_view> with_first(std::span<const std::string_view> texts, std::size_t first) {
    std::vector<std::string_view> out{texts.begin(), texts.end()};
    if (first < out.size()) {
        const auto likely = out.begin() + static_cast<std::ptrdiff_t>(first);
        std::rotate(out.begin(), likely, likely + 1);
    }
    return out;
}

}  // namespace

std::vector<std::string_view> causes_of(const Finding& finding) {
    return with_first(finding.rule->causes, finding.likely_cause);
}

std::vector<std::string_view> remedy_of(const Finding& finding) {
    auto out = with_first(finding.rule->remedy, finding.likely_remedy);
    out.insert(out.begin(), finding.own_remedy.begin(), finding.own_remedy.end());
    return out;
}

std::string to_be_sure(const Finding& finding, std::string_view sentence) {
    constexpr std::string_view place = "TARGET";
    std::string out{sentence};
    for (std::size_t at = out.find(place); at != std::string::npos; at = out.find(place, at + finding.target.size()))
        out.replace(at, place.size(), finding.target);
    return out;
}

}  // namespace diag::check
