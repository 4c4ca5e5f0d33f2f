#include "libdiag/probe/published.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/check/srv_findings.h"

namespace diag::probe {
namespace {

constexpr std::uint32_t all_hosts_failed_code = 0xC004F074;  // sums up what several hosts did

bool works(const TargetReport& report) { return !check::is_failure(report.findings); }

void set_origin(TargetReport& report, const std::vector<discover::Host>& hosts) {
    const auto host = std::ranges::find(hosts, report.target, target_of);
    if (host != hosts.end()) report.origin = *host;
}

}  // namespace

Target target_of(const discover::Host& host) {
    return {.host = host.record.target, .address = {}, .port = host.record.port};
}

void judge(Published& published) {
    auto& targets = published.targets;
    for (TargetReport& report : targets) set_origin(report, published.discovery.hosts);
    if (published.stopped) return;
    const auto first = std::ranges::find_if(targets, works);
    if (first == targets.end()) return;
    published.reached = static_cast<std::size_t>(first - targets.begin());
    for (TargetReport& report : targets)
        if (!works(report)) report.findings = {check::skipped_host(to_string(report.target), report.findings)};
}

const check::Finding* deciding(const Published& published) {
    std::vector<const check::Finding*> all;
    for (const discover::Lookup& lookup : published.discovery.lookups)
        for (const check::Finding& finding : lookup.findings) all.push_back(&finding);
    for (const TargetReport& report : published.targets)
        for (const check::Finding& finding : report.findings) all.push_back(&finding);
    std::ranges::stable_sort(all, std::ranges::greater{}, [](const auto* finding) { return check::rank_of(*finding); });
    return all.empty() || all.front()->rule->severity == check::Severity::info ? nullptr : all.front();
}

std::uint32_t windows_code_of(const Published& published) {
    if (published.reached || published.stopped) return 0;
    const check::Finding* finding = deciding(published);
    const std::uint32_t code = finding == nullptr ? 0 : finding->shown_windows_code();
    const bool all_alike = std::ranges::all_of(published.targets, [&](const TargetReport& report) {
        const check::Finding* own = deciding(report.findings);
        return own != nullptr && own->shown_windows_code() == code;
    });
    return all_alike ? code : all_hosts_failed_code;
}

std::string verdict_text(const Published& published) {
    const auto& targets = published.targets;
    if (published.stopped) return "stopped before every published host was tried";
    if (targets.empty()) {
        const check::Finding* finding = deciding(published);
        return finding == nullptr ? "DNS names no host" : finding->title;
    }
    const std::string in = fmt::format("in {}", published.discovery.hosts.front().domain);
    if (!published.reached && targets.size() == 1)
        return fmt::format("a client finds {} {}, and it does not work", to_string(targets.front().target), in);
    if (!published.reached)
        return fmt::format("a client finds {} hosts {}, and none of them works", targets.size(), in);
    const std::size_t before = *published.reached;
    std::string text = fmt::format("a client gets to {}, published {}", to_string(targets[before].target), in);
    if (before == 0) return text;
    return before == 1 ? text + "; 1 host before it fails" : fmt::format("{}; {} hosts before it fail", text, before);
}

}  // namespace diag::probe
