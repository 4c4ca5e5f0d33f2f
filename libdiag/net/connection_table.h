#pragma once

#include <list>
#include <map>
#include <memory>
#include <vector>

#include "libdiag/base/ip_address.h"
#include "libdiag/session/actions.h"

namespace diag::net {

class Connection;

/// Connections in the order in which they were last touched: whom to close when there are too many, and who has been idle
/// for too long. Knows no sockets. Nothing here takes longer when there are more connections, but for the search for a peer
/// (logarithmic).
class ConnectionTable {
public:
    using Pointer = std::shared_ptr<Connection>;

    /// One connection's place, valid from add() to remove().
    struct Place;

    Place& add(Pointer connection, const IpAddress& peer, session::TimePoint now);
    void touch(Place& place, session::TimePoint now);
    void remove(Place& place);

    std::size_t count() const { return all_.size(); }
    std::size_t count_of(const IpAddress& peer) const;
    /// The one that was not touched the longest; nullptr when there is none.
    const Place* oldest() const { return all_.empty() ? nullptr : &all_.front(); }
    const Place* oldest_of(const IpAddress& peer) const;
    /// All as they are now: connections may leave the table while somebody walks through the copy.
    std::vector<Pointer> snapshot() const;

private:
    using Peers = std::map<IpAddress, std::list<Place*>>;

    std::list<Place> all_;
    Peers peers_;
};

struct ConnectionTable::Place {
    Pointer connection;
    session::TimePoint touched;

    // The table's own.
    std::list<Place>::iterator in_all;
    std::list<Place*>::iterator in_peer;
    Peers::iterator peer;
};

}  // namespace diag::net
