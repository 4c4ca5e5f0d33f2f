#include <fmt/format.h>

#include <boost/asio/ip/v6_only.hpp>

#include "libdiag/net/asio_endpoint.h"
#include "libdiag/net/clock.h"
#include "libdiag/net/server_loop.h"
#include "libdiag/net/socket_address.h"

// The part of ServerLoop that listens, accepts, and keeps to the limits.

namespace diag::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t max_accepts_at_once = 64;  // so that those who are connected are served, too
constexpr std::chrono::milliseconds retry_time{100};

std::string explain(const Endpoint& endpoint, const error_code& error) {
    const std::string where = to_string(endpoint);
    if (error == asio::error::address_in_use)
        return fmt::format("cannot listen on {}: another program uses this port", where);
    if (error == asio::error::access_denied)
        return fmt::format("cannot listen on {}: no permission (ports below 1024 need privileges)", where);
    if (error == boost::system::errc::address_not_available)
        return fmt::format("cannot listen on {}: this machine has no such address", where);
    return fmt::format("cannot listen on {}: {}", where, error.message());
}

bool lacks_resources(const error_code& error) {
    namespace errc = boost::system::errc;
    return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system ||
           error == errc::no_buffer_space || error == errc::not_enough_memory;
}

}  // namespace

std::expected<void, std::string> ServerLoop::listen() {
    for (const Endpoint& endpoint : settings_.listen)
        if (auto opened = open(endpoint); !opened) return opened;
    for (Listener& listener : listeners_) await_connection(listener);
    return {};
}

std::expected<void, std::string> ServerLoop::open(const Endpoint& endpoint) {
    const Tcp::endpoint wanted = to_asio(endpoint);
    Tcp::acceptor acceptor{context_};
    error_code error;
    acceptor.open(wanted.protocol(), error);
    // Without it a restart would have to wait for old connections in TIME_WAIT.
    if (!error) acceptor.set_option(asio::socket_base::reuse_address{true}, error);
    if (!error && wanted.address().is_v6()) acceptor.set_option(boost::asio::ip::v6_only{true}, error);
    if (!error) acceptor.bind(wanted, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (!error) acceptor.non_blocking(true, error);
    if (error) return std::unexpected(explain(endpoint, error));
    const std::uint16_t port = acceptor.local_endpoint().port();
    endpoints_.push_back({.ip = endpoint.ip, .port = port});
    listeners_.push_back(
        {.acceptor = std::move(acceptor),
         .rpc = {.rules = session::bind_rules_of(host.settings()), .secondary_address = std::to_string(port)},
         .retry = asio::steady_timer{context_}});
    return {};
}

void ServerLoop::await_connection(Listener& listener) {
    listener.acceptor.async_wait(Tcp::acceptor::wait_read, [this, &listener](const error_code& error) {
        if (error || stopping_) return;
        if (accept_some(listener, max_accepts_at_once)) {
            await_connection(listener);
        } else {
            await_descriptors(listener);
        }
    });
}

void ServerLoop::await_descriptors(Listener& listener) {
    listener.retry.expires_after(retry_time);
    listener.retry.async_wait([this, &listener](const error_code& error) {
        if (!error && !stopping_) await_connection(listener);
    });
}

// False when the system has no descriptor or memory for another connection and none could be freed.
bool ServerLoop::accept_some(Listener& listener, std::size_t max_count) {
    for (std::size_t i = 0; i < max_count; ++i) {
        error_code error;
        Connection::Socket socket{context_};
        listener.acceptor.accept(socket, error);
        if (error == asio::error::would_block || error == asio::error::try_again) return true;
        if (lacks_resources(error)) {
            if (!crowd_out_oldest()) return false;
        } else if (!error) {
            admit(listener, std::move(socket));
        }
        // All other errors are of connections that ended before they were accepted (accept(2)).
    }
    return true;
}

void ServerLoop::admit(const Listener& listener, Connection::Socket socket) {
    error_code error;
    const IpAddress peer = peer_key(from_asio(socket.remote_endpoint(error).address()));
    if (error) return;  // it is gone already
    socket.set_option(Tcp::no_delay{true}, error);
    socket.non_blocking(true, error);
    if (error) return;
    make_room(peer);
    if (++assoc_group_ == 0) ++assoc_group_;
    ++counters.accepted;
    const auto connection = std::make_shared<Connection>(*this, std::move(socket), listener.rpc, assoc_group_);
    connection->place = &active_.add(connection, peer, now().steady);
    connection->start();
}

void ServerLoop::make_room(const IpAddress& peer) {
    while (active_.count_of(peer) + closing_.count_of(peer) >= settings_.max_peer_connection_count)
        if (!crowd_out(closing_.oldest_of(peer)) && !crowd_out(active_.oldest_of(peer))) break;
    while (active_.count() + closing_.count() >= settings_.max_connection_count)
        if (!crowd_out_oldest()) break;
}

bool ServerLoop::crowd_out_oldest() { return crowd_out(closing_.oldest()) || crowd_out(active_.oldest()); }

bool ServerLoop::crowd_out(const ConnectionTable::Place* place) {
    if (place == nullptr) return false;
    const auto connection = place->connection;
    ++counters.crowded_out;
    connection->end(Connection::End::close);
    return true;
}

}  // namespace diag::net
