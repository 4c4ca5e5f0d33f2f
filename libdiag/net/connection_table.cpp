#include "libdiag/net/connection_table.h"

namespace diag::net {

ConnectionTable::Place& ConnectionTable::add(Pointer connection, const IpAddress& peer, session::TimePoint now) {
    Place& place = all_.emplace_back(Place{.connection = std::move(connection), .touched = now});
    place.in_all = std::prev(all_.end());
    place.peer = peers_.try_emplace(peer).first;
    auto& of_peer = place.peer->second;
    place.in_peer = of_peer.insert(of_peer.end(), &place);
    return place;
}

void ConnectionTable::touch(Place& place, session::TimePoint now) {
    place.touched = now;
    all_.splice(all_.end(), all_, place.in_all);
    auto& of_peer = place.peer->second;
    of_peer.splice(of_peer.end(), of_peer, place.in_peer);
}

void ConnectionTable::remove(Place& place) {
    auto& of_peer = place.peer->second;
    of_peer.erase(place.in_peer);
    if (of_peer.empty()) peers_.erase(place.peer);
    all_.erase(place.in_all);
}

std::size_t ConnectionTable::count_of(const IpAddress& peer) const {
    const auto found = peers_.find(peer);
    return found == peers_.end() ? 0 : found->second.size();
}

const ConnectionTable::Place* ConnectionTable::oldest_of(const IpAddress& peer) const {
    const auto found = peers_.find(peer);
    return found == peers_.end() ? nullptr : found->second.front();
}

std::vector<ConnectionTable::Pointer> ConnectionTable::snapshot() const {
    std::vector<Pointer> all;
    all.reserve(all_.size());
    for (const Place& place : all_) all.push_back(place.connection);
    return all;
}

}  // namespace diag::net
