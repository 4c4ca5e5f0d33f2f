#include "libdiag/decode/selection.h"

#include <algorithm>
#include <charconv>

namespace diag::decode {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

bool matches_any(const std::vector<EndFilter>& filters, const Endpoint& endpoint) {
    return filters.empty() ||
           std::any_of(filters.begin(), filters.end(), [&](const EndFilter& f) { return f.matches(endpoint); });
}

}  // namespace

std::optional<EndFilter> parse_end_filter(std::string_view text) {
    EndFilter filter;
    filter.ip = IpAddress::parse(text);
    if (filter.ip) return filter;
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    filter.port = parse_port(text.substr(colon + 1));
    if (!filter.port) return std::nullopt;
    std::string_view address = text.substr(0, colon);
    if (address.empty()) return filter;
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    filter.ip = IpAddress::parse(address);
    if (!filter.ip) return std::nullopt;
    return filter;
}

bool Selection::matches(const dissect::Conversation& c, check::Outcome outcome) const {
    if (!matches_any(clients, c.client) || !matches_any(hosts, c.host)) return false;
    if (!outcomes.empty() && std::find(outcomes.begin(), outcomes.end(), outcome) == outcomes.end()) return false;
    if (client_machine_ids.empty()) return true;
    return std::any_of(c.exchanges.begin(), c.exchanges.end(), [this](const dissect::Exchange& e) {
        const auto& base = e.request.base;
        return base && std::find(client_machine_ids.begin(), client_machine_ids.end(), base->client_machine_id) !=
                           client_machine_ids.end();
    });
}

bool Selection::matches(const dissect::DnsSearch& search) const {
    return hosts.empty() && client_machine_ids.empty() && outcomes.empty() &&
           matches_any(clients, Endpoint{search.client, 0});
}

}  // namespace diag::decode
