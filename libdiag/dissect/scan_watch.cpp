#include "libdiag/dissect/scan_watch.h"

#include <algorithm>

namespace diag::dissect {
namespace {

constexpr std::size_t max_hosts_by_port = 8;  // hosts of one client whose ports are counted

template <class T> void add_bounded(std::vector<T>& list, const T& value, std::size_t limit) {
    if (list.size() < limit && std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

}  // namespace

ScanWatch::Client* ScanWatch::client_of(const IpAddress& address) {
    if (const auto found = clients_.find(address); found != clients_.end()) return &found->second;
    if (clients_.size() >= max_clients) return nullptr;
    return &clients_[address];
}

void ScanWatch::on_attempt(const IpAddress& client, const Endpoint& host, Timestamp time) {
    Client* c = client_of(client);
    if (c == nullptr) return;
    auto& attempts = c->attempts;
    std::erase_if(attempts, [&](const auto& a) { return a.host == host.ip || time.ns - a.time.ns > window_ns; });
    if (attempts.size() >= scan_threshold) attempts.erase(attempts.begin());
    attempts.push_back({host.ip, time});
    if (attempts.size() < scan_threshold) return;
    auto& bursts = c->bursts;
    const Timestamp first = attempts.front().time;
    if (!bursts.empty() && (first <= bursts.back().last || bursts.size() >= max_bursts)) {
        bursts.back().last = std::max(bursts.back().last, time);
    } else {
        bursts.push_back({.first = first, .last = time});
    }
}

void ScanWatch::on_empty(const IpAddress& client, const Endpoint& host) {
    Client* c = client_of(client);
    if (c == nullptr) return;
    auto entry = std::find_if(c->ports.begin(), c->ports.end(), [&](const auto& e) { return e.first == host.ip; });
    if (entry == c->ports.end()) {
        if (c->ports.size() >= max_hosts_by_port) return;
        entry = c->ports.insert(c->ports.end(), {host.ip, {}});
    }
    add_bounded(entry->second, host.port, scan_threshold);
}

void ScanWatch::on_payload(const IpAddress& client, const Endpoint& host) {
    const auto found = clients_.find(client);
    if (found == clients_.end()) return;
    Client& c = found->second;
    std::erase_if(c.attempts, [&](const auto& attempt) { return attempt.host == host.ip; });
    if (c.attempts.empty() && c.bursts.empty() && c.ports.empty() && c.left_out_count == 0) clients_.erase(found);
}

bool ScanWatch::is_scan(const IpAddress& client, const Endpoint& host, Timestamp began) const {
    const auto found = clients_.find(client);
    if (found == clients_.end()) return false;
    const Client& c = found->second;
    const auto covers = [began](const auto& burst) { return burst.first <= began && began <= burst.last; };
    if (std::any_of(c.bursts.begin(), c.bursts.end(), covers)) return true;
    return std::any_of(c.ports.begin(), c.ports.end(), [&](const auto& entry) {
        return entry.first == host.ip && entry.second.size() >= scan_threshold;
    });
}

void ScanWatch::on_left_out(const IpAddress& client, std::uint64_t first_packet) {
    Client* c = client_of(client);
    if (c == nullptr) return;
    if (c->left_out_count++ == 0 || first_packet < c->first_packet) c->first_packet = first_packet;
}

std::vector<PortScan> ScanWatch::scans() const {
    std::vector<PortScan> scans;
    for (const auto& [address, client] : clients_) {
        if (client.left_out_count == 0) continue;
        scans.push_back(
            {.client = address, .attempt_count = client.left_out_count, .first_packet = client.first_packet});
    }
    std::sort(scans.begin(), scans.end(), [](const auto& a, const auto& b) { return a.first_packet < b.first_packet; });
    return scans;
}

}  // namespace diag::dissect
