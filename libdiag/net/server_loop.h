#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <list>
#include <optional>

#include "libdiag/net/connection.h"
#include "libdiag/net/publisher.h"

namespace diag::net {

/// What HostServer does, on Asio: one thread runs all handlers that are ready, then settles once for all of them, then sends.
class ServerLoop : public ConnectionOwner {
public:
    ServerLoop(ServerSettings settings, session::KmsHost& host, session::FaultPlan& plan, HostServer::Settle settle);

    std::expected<void, std::string> listen();
    void publish(PublishSettings settings, OnPublished on_published);
    void stop_on_signals();
    std::expected<void, std::string> run();
    void stop();

    const std::vector<Endpoint>& endpoints() const { return endpoints_; }
    const ServerSettings& settings() const { return settings_; }

    void on_decided(Connection& connection) override;
    void on_answered(Connection& connection) override;
    void on_half_closed(Connection& connection) override;
    void on_closed(Connection& connection, std::size_t kept_size) override;
    bool on_kept(std::size_t more, std::size_t in_all) override;
    bool is_stopping() const override { return stopping_; }

private:
    using Tcp = boost::asio::ip::tcp;
    struct Listener {
        Tcp::acceptor acceptor;
        session::RpcServerSettings rpc;
        boost::asio::steady_timer retry;  // after a want of descriptors
    };

    std::expected<void, std::string> open(const Endpoint& endpoint);
    void await_connection(Listener& listener);
    void await_descriptors(Listener& listener);
    bool accept_some(Listener& listener, std::size_t max_count);
    void admit(const Listener& listener, Connection::Socket socket);
    void make_room(const IpAddress& peer);
    bool crowd_out(const ConnectionTable::Place* place);
    bool crowd_out_oldest();

    void await_signal();
    void await_tick();
    void end_idle();
    void begin_stop();
    void end_all();

    bool settle();
    void send_settled();
    bool is_done() const { return stopping_ && active_.count() + closing_.count() == 0; }

    ServerSettings settings_;
    HostServer::Settle settle_;
    boost::asio::io_context context_{1};  // one thread
    boost::asio::signal_set signals_{context_};
    boost::asio::steady_timer tick_{context_};
    boost::asio::steady_timer stop_deadline_{context_};
    std::optional<Publisher> publisher_;
    std::list<Listener> listeners_;
    std::vector<Endpoint> endpoints_;
    ConnectionTable active_;                            // touched by answers
    ConnectionTable closing_;                           // touched when our side ended
    std::vector<std::shared_ptr<Connection>> decided_;  // wait for settle_
    std::size_t kept_size_ = 0;                         // bytes, of all connections
    std::uint32_t assoc_group_ = 0;
    bool stopping_ = false;
    std::optional<std::string> failure_;
};

}  // namespace diag::net
