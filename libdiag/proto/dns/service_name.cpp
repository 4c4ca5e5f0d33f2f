#include "libdiag/proto/dns/service_name.h"

#include <algorithm>

namespace diag::dns {
namespace {

// The longest first: each is also the beginning of those before it, or of none.
// A blank at the end (\032) is what a form keeps of pasted text, and nobody sees it there.
constexpr std::string_view near_misses[] = {
    R"(_vlmcs\032._tcp.)", R"(_vlmcs._tcp\032.)", "_vlmcs._udp.", "_vmlcs._tcp.",
    "vlmcs._tcp.",         "_vlmcs.tcp.",         "_vlmcs."};
constexpr std::string_view first_labels[] = {"_vlmcs", "_vlmcs ", "_vmlcs", "vlmcs"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool begins_with(Bytes label, std::string_view text) {
    return label.size() >= text.size() && std::equal(text.begin(), text.end(), label.begin(),
                                                     [](char a, auto b) { return a == lower(static_cast<char>(b)); });
}

}  // namespace

const std::span<const std::string_view> near_miss_prefixes = near_misses;

std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), lower);
    return text;
}

bool may_begin_service_name(Bytes label) {
    const auto is_label = [label](std::string_view text) {
        return label.size() == text.size() && begins_with(label, text);
    };
    return std::ranges::any_of(first_labels, is_label) || begins_with(label, impossible_prefix);
}

ServiceName read_service_name(const DomainName& name) {
    const std::string text = lower_case(to_string(name)) + '.';
    if (text.starts_with(service_prefix)) {
        std::string domain = text.substr(service_prefix.size());
        if (!domain.empty()) domain.pop_back();
        return {ServiceNameKind::service, std::move(domain)};
    }
    for (const std::string_view prefix : near_misses)
        if (text.size() > prefix.size() && text.starts_with(prefix))
            return {ServiceNameKind::near_miss, text.substr(prefix.size(), text.size() - prefix.size() - 1)};
    constexpr std::string_view behind = "._tcp.";
    const std::size_t dot = text.find('.');
    if (text.starts_with(impossible_prefix) && text.compare(dot, behind.size(), behind) == 0) {
        std::string domain = text.substr(dot + behind.size());
        if (!domain.empty()) domain.pop_back();
        return {ServiceNameKind::impossible, std::move(domain)};
    }
    return {};
}

}  // namespace diag::dns
