#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "libdiag/net/connection_table.h"
#include "libdiag/net/host_server.h"

namespace diag::net {

/// What a connection needs of the server around it.
class ConnectionOwner {
public:
    virtual ~ConnectionOwner() = default;

    /// The session has decided what to do: settle, then call perform().
    virtual void on_decided(Connection& connection) = 0;
    /// An answer has left, whole.
    virtual void on_answered(Connection& connection) = 0;
    /// Our side has ended; only the peer's end is awaited.
    virtual void on_half_closed(Connection& connection) = 0;
    /// The descriptor is closed, and `kept_size` bytes are given back. The last call: nothing else of the owner's may be needed afterwards.
    virtual void on_closed(Connection& connection, std::size_t kept_size) = 0;
    /// A connection has come to keep so many bytes more than ever; false when it may not.
    virtual bool on_kept(std::size_t more, std::size_t in_all) = 0;
    /// Whether connections shall end when all that has arrived is answered.
    virtual bool is_stopping() const = 0;

    session::KmsHost& host;
    session::FaultPlan& plan;
    ServerCounters counters;

protected:
    ConnectionOwner(session::KmsHost& the_host, session::FaultPlan& the_plan) : host{the_host}, plan{the_plan} {}
};

/// Drives one session::HostConnection: performs its actions one after the other, and reads only when none is left.
///
/// Handlers of a closed connection may still be under way, so it lives in shared pointers; whoever calls it holds one.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    using Socket = boost::asio::ip::tcp::socket;

    /// `socket` is non-blocking. `owner` outlives the connection.
    Connection(ConnectionOwner& owner, Socket socket, session::RpcServerSettings settings, std::uint32_t assoc_group);

    void start();
    /// Does what is to be done, as far as it goes without waiting. After settling only.
    void perform();
    /// The owner is stopping: ends when what has arrived is answered.
    void wind_up();

    enum class End : std::uint8_t {
        close,  ///< FIN; the system makes it a RST where bytes came that nobody read
        reset,
    };
    /// Ends it at once.
    void end(End how);

    /// It does nothing because the session said so, not because of the peer.
    bool is_waiting() const { return waiting_; }

    ConnectionTable::Place* place = nullptr;  ///< the owner's
    bool is_closing = false;                  ///< the owner's: half closed

private:
    enum class State : std::uint8_t { open, half_closed, closed };

    void decide(session::Actions actions);
    void read();
    void read_what_arrived();
    void on_read(const boost::system::error_code& error, std::size_t size);
    void take(std::size_t size);
    bool keep(std::size_t size);
    void discard(std::size_t size);
    bool do_action(const session::Action& action);
    bool send(Bytes bytes);
    void wait(std::chrono::milliseconds time);
    void half_close();
    bool has_work() const { return action_index_ < actions_.size(); }

    ConnectionOwner& owner_;
    Socket socket_;
    session::HostConnection session_;
    State state_ = State::open;
    bool busy_ = false;  // a read, a write or a wait is under way
    bool waiting_ = false;
    session::Actions actions_;
    std::size_t action_index_ = 0;
    std::size_t sent_size_ = 0;        // bytes of the action under way
    std::size_t unanswered_size_ = 0;  // bytes since the last answer
    std::size_t kept_size_ = 0;        // the most that this ever was: buffers do not shrink
    std::size_t discarded_size_ = 0;   // bytes that came after our end
    std::unique_ptr<boost::asio::steady_timer> timer_;
    std::array<std::uint8_t, 1024> in_;  // three requests of version 6
};

}  // namespace diag::net
